package io.jubernetes.apiserver.storage.etcd;

import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.Status;
import io.grpc.StatusOr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Makes one gRPC channel of several etcd members: the target `jubernetes-etcd:///host:port,host:port` names
/// them all. Each keeps its own name for the check of its certificate.
final class EndpointResolver extends NameResolver {
    static final String SCHEME = "jubernetes-etcd";

    private final List<HostAndPort> members;
    private final AtomicBoolean resolving = new AtomicBoolean();
    private volatile @Nullable Listener2 listener;

    private EndpointResolver(List<HostAndPort> members) {
        this.members = members;
    }

    /// Knows the scheme. Stateless, so that one for the whole process is enough.
    static final class Provider extends NameResolverProvider {
        @Override
        public @Nullable NameResolver newNameResolver(URI target, NameResolver.Args args) {
            if (!SCHEME.equals(target.getScheme())) {
                return null;
            }
            var members = new ArrayList<HostAndPort>();
            for (String member : target.getPath().substring(1).split(",")) {
                int colon = member.lastIndexOf(':');
                members.add(new HostAndPort(member.substring(0, colon), Integer.parseInt(member.substring(colon + 1))));
            }
            return new EndpointResolver(members);
        }

        @Override
        public String getDefaultScheme() {
            return SCHEME;
        }

        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return 1; // less than the default of 5: never chosen for targets without a scheme
        }

        @Override
        public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
            return List.of(InetSocketAddress.class);
        }
    }

    static String target(EtcdSettings settings) {
        List<String> members = settings.endpoints().stream()
                .map(endpoint -> endpoint.getHost() + ":" + endpoint.getPort())
                .toList();
        return SCHEME + ":///" + String.join(",", members);
    }

    @Override
    public String getServiceAuthority() {
        return members.getFirst().toString();
    }

    @Override
    public void start(Listener2 newListener) {
        listener = newListener;
        refresh();
    }

    @Override
    public void refresh() {
        if (resolving.compareAndSet(false, true)) {
            Thread.ofVirtual().name("etcd-resolver").start(this::resolve); // asking DNS may take long
        }
    }

    private void resolve() {
        resolving.set(false);
        Listener2 present = listener;
        if (present == null) {
            return;
        }
        var groups = new ArrayList<EquivalentAddressGroup>();
        UnknownHostException failure = null;
        for (HostAndPort member : members) {
            try {
                groups.add(member.addresses());
            } catch (UnknownHostException e) {
                failure = e;
            }
        }
        if (groups.isEmpty()) {
            present.onError(Status.UNAVAILABLE
                    .withDescription("no etcd server's name is known")
                    .withCause(failure));
        } else {
            present.onResult(ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromValue(groups))
                    .build());
        }
    }

    @Override
    public void shutdown() {
        listener = null;
    }

    /// @param host a name or an address; an IPv6 address in brackets
    private record HostAndPort(String host, int port) {
        EquivalentAddressGroup addresses() throws UnknownHostException {
            var addresses = new ArrayList<SocketAddress>();
            for (InetAddress address : InetAddress.getAllByName(host)) {
                addresses.add(new InetSocketAddress(address, port));
            }
            return new EquivalentAddressGroup(
                    addresses,
                    Attributes.newBuilder()
                            .set(EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE, toString())
                            .build());
        }

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }
}
