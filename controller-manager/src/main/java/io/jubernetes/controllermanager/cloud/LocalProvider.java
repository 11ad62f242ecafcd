package io.jubernetes.controllermanager.cloud;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.LoadBalancerIngressBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Service;
import io.jubernetes.controllermanager.workload.Labels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Machines on one network, without anybody to ask about them. A machine exists as long as its node does. Load
/// balancers get addresses of a pool (`load-balancer-addresses`), which the service proxy answers on every node;
/// the network must lead the pool to some node. Routes are those of this machine's kernel (`routes = true`), which
/// is right where the nodes are behind this machine.
final class LocalProvider
        implements CloudProvider, CloudProvider.Machines, CloudProvider.LoadBalancers, CloudProvider.Routes {
    private static final String PREFIX = "local:///";
    private static final String ZONE = "topology.kubernetes.io/zone";
    private static final String REGION = "topology.kubernetes.io/region";
    /// Marks the kernel routes that are ours.
    private static final String PROTOCOL = "98";

    private final AddressPool pool;
    private final boolean hasRoutes;
    /// What Services were given, by their uid: the list of Services shows it only after a moment.
    private final Map<String, String> given = new ConcurrentHashMap<>();

    /// Makes the local provider.
    public static final class LocalFactory implements Factory {
        @Override
        public String name() {
            return "local";
        }

        @Override
        public CloudProvider create(Map<String, String> settings) {
            return new LocalProvider(
                    AddressPool.parse(settings.getOrDefault("load-balancer-addresses", "")),
                    Boolean.parseBoolean(settings.getOrDefault("routes", "false")));
        }
    }

    LocalProvider(AddressPool pool, boolean hasRoutes) {
        this.pool = pool;
        this.hasRoutes = hasRoutes;
    }

    @Override
    public Optional<Machines> machines() {
        return Optional.of(this);
    }

    @Override
    public Optional<LoadBalancers> loadBalancers() {
        return Optional.of(this);
    }

    @Override
    public Optional<Routes> routes() {
        return hasRoutes ? Optional.of(this) : Optional.empty();
    }

    @Override
    public boolean exists(Node node) {
        return true;
    }

    @Override
    public boolean isShutDown(Node node) {
        return false;
    }

    @Override
    public Machine describe(Node node) {
        List<NodeAddress> addresses =
                node.getStatus() == null ? List.of() : node.getStatus().getAddresses();
        return new Machine(
                PREFIX + node.getMetadata().getName(),
                "",
                Labels.of(node).getOrDefault(ZONE, ""),
                Labels.of(node).getOrDefault(REGION, ""),
                addresses,
                Map.of());
    }

    @Override
    public List<LoadBalancerIngress> ensure(Service service, List<Node> nodes, List<Service> services)
            throws IOException {
        boolean ipv6 = service.getSpec().getIpFamilies().stream()
                .findFirst()
                .orElse("IPv4")
                .equals("IPv6");
        String uid = service.getMetadata().getUid();
        given.keySet()
                .retainAll(services.stream()
                        .map(each -> each.getMetadata().getUid())
                        .toList());
        Set<String> taken = new HashSet<>();
        given.forEach((other, address) -> {
            if (!other.equals(uid)) {
                taken.add(address);
            }
        });
        String own = given.get(uid);
        for (Service each : services) {
            boolean isThis = each.getMetadata().getUid().equals(uid);
            for (String address : addresses(each)) {
                if (!isThis) {
                    taken.add(address);
                } else if (pool.contains(address) && address.contains(":") == ipv6) {
                    own = address;
                }
            }
        }
        String asked = service.getSpec().getLoadBalancerIP();
        if (asked != null && !asked.isEmpty()) {
            if (!pool.contains(asked) || taken.contains(asked)) {
                throw new IOException("the address " + asked + " is "
                        + (taken.contains(asked) ? "another Service's" : "not in the pool"));
            }
            return give(uid, asked);
        }
        if (own != null && !taken.contains(own) && own.contains(":") == ipv6) {
            return give(uid, own);
        }
        return give(
                uid,
                pool.next(ipv6, taken)
                        .orElseThrow(() -> new IOException("no free " + (ipv6 ? "IPv6" : "IPv4")
                                + " address in the pool; name more in load-balancer-addresses")));
    }

    @Override
    public void delete(Service service) {
        given.remove(service.getMetadata().getUid());
    }

    private List<LoadBalancerIngress> give(String uid, String address) {
        given.put(uid, address);
        return List.of(new LoadBalancerIngressBuilder()
                .withIp(address)
                .withIpMode("VIP")
                .build());
    }

    private static List<String> addresses(Service service) {
        return service.getStatus() == null || service.getStatus().getLoadBalancer() == null
                ? List.of()
                : service.getStatus().getLoadBalancer().getIngress().stream()
                        .map(LoadBalancerIngress::getIp)
                        .filter(Objects::nonNull)
                        .toList();
    }

    @Override
    public List<Route> list() throws IOException {
        var routes = new ArrayList<Route>();
        for (String line : ip("route", "show", "proto", PROTOCOL).split("\n", -1)) {
            // For instance: 10.244.1.0/24 via 192.168.1.11 dev eth0
            String[] words = line.trim().split("\\s+", -1);
            if (words.length >= 3 && words[1].equals("via")) {
                routes.add(new Route(words[2], words[0]));
            }
        }
        return routes;
    }

    @Override
    public void create(Route route, Node node) throws IOException {
        String _ = ip("route", "replace", route.range(), "via", route.to(), "proto", PROTOCOL);
    }

    @Override
    public void delete(Route route) throws IOException {
        String _ = ip("route", "del", route.range(), "via", route.to(), "proto", PROTOCOL);
    }

    private static String ip(String... words) throws IOException {
        var command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output.trim());
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            process.destroy();
        }
    }
}
