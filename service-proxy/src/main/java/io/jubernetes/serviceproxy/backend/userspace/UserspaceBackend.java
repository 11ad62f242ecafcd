package io.jubernetes.serviceproxy.backend.userspace;

import com.github.benmanes.caffeine.cache.Ticker;
import io.jubernetes.serviceproxy.backend.Backend;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.AddressRange;
import io.jubernetes.serviceproxy.rules.Claim;
import io.jubernetes.serviceproxy.rules.Claims;
import io.jubernetes.serviceproxy.rules.Frontend;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import java.net.InetAddress;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Forwards in this process. Services' addresses become the machine's own, and a [Listener] waits at each port
/// that has endpoints; where nobody listens, the kernel refuses at once. When the process ends, so do its
/// connections.
public final class UserspaceBackend implements Backend {
    private static final Logger log = LoggerFactory.getLogger(UserspaceBackend.class);

    /// Is told what users should know about a Service.
    @FunctionalInterface
    public interface Complaints {
        /// A port of a Service is not served.
        void notServed(RuleName rule, String reason);
    }

    private final UserspaceSettings settings;
    private final Complaints complaints;
    private final Forwarder forwarder;
    private final List<AddressRange> pods;
    private final Map<IpFamily, Claims> claims = new EnumMap<>(IpFamily.class);
    private final Map<IpFamily, LocalRoutes> routes = new EnumMap<>(IpFamily.class);
    private final Map<IpFamily, Map<Frontend, Door>> doors = new EnumMap<>(IpFamily.class);
    private final Map<RuleName, Balancer> balancers = new HashMap<>();
    private final Listeners listeners;
    private final Set<RuleName> complainedOf = new HashSet<>();
    private volatile Set<InetAddress> held = Set.of();
    private volatile NodeAddresses node;
    private RuleSet inForce = RuleSet.EMPTY;

    /// @param complaints is told of ports that cannot be served, once each
    public UserspaceBackend(UserspaceSettings settings, UserspaceMetrics metrics, Complaints complaints)
            throws BackendException {
        this(settings, complaints, Command.PLAIN, new Forwarder(settings, metrics, Transport.best()));
    }

    /// @param command how programs are run, and `forwarder` where sockets are, for tests that do it in a network
    ///     namespace
    UserspaceBackend(UserspaceSettings settings, Complaints complaints, Command command, Forwarder forwarder)
            throws BackendException {
        this.settings = settings;
        this.complaints = complaints;
        this.forwarder = forwarder;
        this.pods = AddressRange.allOf(settings.clusterCidrs());
        this.node = NodeAddresses.read(settings);
        this.listeners = new Listeners(forwarder);
        for (IpFamily family : IpFamily.values()) {
            claims.put(family, new Claims(family));
            routes.put(family, new LocalRoutes(command, family, settings.owner()));
            doors.put(family, new HashMap<>());
        }
        log.info("forwarding by {}", forwarder.transport);
    }

    /// Whether this machine can do it.
    ///
    /// @return the reason why not, with a remedy; empty when all is well
    public static Optional<String> obstacle() throws InterruptedException {
        String obstacle = LocalRoutes.obstacle();
        return obstacle.isEmpty() ? Optional.empty() : Optional.of(obstacle);
    }

    /// Removes what a proxy that did not end in order has left behind.
    ///
    /// @param owner as in [UserspaceSettings#owner]
    public static void purge(String owner) throws BackendException, InterruptedException {
        for (IpFamily family : IpFamily.values()) {
            new LocalRoutes(Command.PLAIN, family, owner).set(List.of(), true);
        }
    }

    @Override
    public Outcome apply(RuleSet rules) throws BackendException, InterruptedException {
        RuleSet.Difference difference = rules.since(inForce);
        inForce = rules;
        balance(difference);
        for (IpFamily family : IpFamily.values()) {
            Map<Frontend, Door> ofFamily = doors(family);
            var handovers = java.util.Objects.requireNonNull(claims.get(family))
                    .change(difference.removed(), difference.added());
            handovers.forEach((frontend, handover) -> handover.now()
                    .ifPresentOrElse(claim -> ofFamily.put(frontend, door(claim)), () -> ofFamily.remove(frontend)));
        }
        putInForce(false);
        return difference.isEmpty() ? Outcome.UNCHANGED : Outcome.PARTIAL;
    }

    @Override
    public Outcome verify() throws BackendException, InterruptedException {
        node = NodeAddresses.read(settings); // links come and go
        return putInForce(true) ? Outcome.FULL : Outcome.UNCHANGED;
    }

    /// A rule that stays keeps its balancer, and so its clients their endpoints.
    private void balance(RuleSet.Difference difference) {
        Set<RuleName> kept = new HashSet<>();
        for (ServiceRule rule : difference.added()) {
            kept.add(rule.name());
            balancers.compute(
                    rule.name(),
                    (_, old) -> old != null && old.has(rule.affinity())
                            ? old
                            : new Balancer(rule.affinity(), Ticker.systemTicker()));
        }
        for (ServiceRule rule : difference.removed()) {
            if (!kept.contains(rule.name())) {
                balancers.remove(rule.name());
                complainedOf.remove(rule.name());
            }
        }
    }

    private Map<Frontend, Door> doors(IpFamily family) {
        return java.util.Objects.requireNonNull(doors.get(family));
    }

    private Door door(Claim claim) {
        Balancer balancer =
                java.util.Objects.requireNonNull(balancers.get(claim.rule().name()));
        return Door.of(claim, balancer, this::isInside);
    }

    /// A client on the node itself that asks a Service's address comes from that very address.
    private boolean isInside(InetAddress client) {
        return node.contains(client) || held.contains(client) || AddressRange.anyContains(pods, client);
    }

    /// @return whether the kernel's routes had to be changed
    private boolean putInForce(boolean lookAgain) throws BackendException, InterruptedException {
        boolean changed = false;
        var wanted = new HashMap<Listener.Place, Door>();
        Set<InetAddress> addresses = new HashSet<>();
        for (IpFamily family : IpFamily.values()) {
            Set<String> ofFamily = new HashSet<>();
            doors(family).forEach((frontend, door) -> {
                if (!frontend.isNodePort()) {
                    ofFamily.add(frontend.address());
                }
                if (door.isOpen() && isKnown(door.claim().rule().name())) {
                    Listeners.places(frontend, node.forNodePorts(family)).forEach(place -> wanted.put(place, door));
                }
            });
            changed |= java.util.Objects.requireNonNull(routes.get(family)).set(ofFamily, lookAgain);
            ofFamily.forEach(address -> addresses.add(InetAddress.ofLiteral(address)));
        }
        held = Set.copyOf(addresses);
        Map<RuleName, String> unserved = listeners.become(wanted);
        unserved.forEach(this::complain);
        complainedOf.removeIf(name -> isServable(name) && !unserved.containsKey(name));
        return changed;
    }

    private static boolean isServable(RuleName name) {
        return name.protocol() != Protocol.SCTP;
    }

    private boolean isKnown(RuleName name) {
        if (!isServable(name)) {
            complain(name, "SCTP is forwarded by nftables only");
            return false;
        }
        return true;
    }

    private void complain(RuleName name, String reason) {
        if (complainedOf.add(name)) {
            log.warn("{} is not served: {}", name, reason);
            complaints.notServed(name, reason);
        }
    }

    /// Ends all connections and gives the Services' addresses back.
    @Override
    public void close() {
        listeners.close();
        forwarder.close();
        try {
            for (LocalRoutes each : routes.values()) {
                each.set(List.of(), true);
            }
        } catch (BackendException e) {
            log.warn("the Services' addresses stay at this machine: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
