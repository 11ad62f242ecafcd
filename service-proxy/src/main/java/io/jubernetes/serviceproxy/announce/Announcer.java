package io.jubernetes.serviceproxy.announce;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.SliceOwner;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Keeps the addresses that this machine's nodes have to announce on its interfaces.
public final class Announcer implements AutoCloseable, SyncLoop.Work {
    private final Set<String> nodes;
    private final Informed<Service> services;
    private final Informed<EndpointSlice> slices;
    private final Informed<Node> allNodes;
    private final LinkAddresses addresses;
    private final SyncLoop loop;
    private final List<Informed.Registration> registrations = new ArrayList<>();

    /// @param nodes the nodes of this machine
    /// @param owner tells several proxies on one machine apart
    public Announcer(
            Set<String> nodes,
            Informed<Service> services,
            Informed<EndpointSlice> slices,
            Informed<Node> allNodes,
            String owner,
            Command command,
            SyncLoop.Periods periods) {
        this.nodes = Set.copyOf(nodes);
        this.services = services;
        this.slices = slices;
        this.allNodes = allNodes;
        this.addresses = new LinkAddresses(owner, command);
        this.loop = new SyncLoop("load-balancer-addresses", periods, this, SyncLoop.SILENT);
        SliceOwner.index(slices);
    }

    /// Starts working; the caches must be filled.
    public void start() {
        registrations.add(services.listen((before, after) -> {
            if (isBalanced(before) || isBalanced(after)) {
                loop.changed();
            }
        }));
        registrations.add(slices.listenAny(slice -> SliceOwner.of(slice)
                .flatMap(services::find)
                .filter(Announcer::isBalanced)
                .ifPresent(_ -> loop.changed())));
        registrations.add(allNodes.listenAny(_ -> loop.changed()));
        loop.start();
    }

    private static boolean isBalanced(@Nullable Service service) {
        return service != null && !AddressOwner.addresses(service).isEmpty();
    }

    @Override
    public Outcome sync() throws BackendException, InterruptedException {
        Set<String> wanted = new HashSet<>();
        List<Node> known = allNodes.all();
        for (Service service : services.all()) {
            List<String> own = AddressOwner.addresses(service);
            if (!own.isEmpty()) {
                Set<String> candidates =
                        AddressOwner.candidates(service, SliceOwner.slicesOf(slices, ObjectKey.of(service)), known);
                own.stream()
                        .filter(address -> AddressOwner.of(address, candidates)
                                .filter(nodes::contains)
                                .isPresent())
                        .forEach(wanted::add);
            }
        }
        return addresses.hold(wanted) ? Outcome.PARTIAL : Outcome.UNCHANGED;
    }

    /// What somebody took away comes back by the same way.
    @Override
    public Outcome verify() throws BackendException, InterruptedException {
        return sync();
    }

    /// Gives up all addresses of a proxy of this name, whether or not it runs.
    ///
    /// @throws BackendException when one cannot be given up
    public static void purge(String owner) throws BackendException, InterruptedException {
        new LinkAddresses(owner, Command.PLAIN).hold(Set.of());
    }

    /// Stops working and keeps the addresses, as traffic goes on.
    @Override
    public void close() {
        registrations.forEach(Informed.Registration::close);
        loop.close();
    }
}
