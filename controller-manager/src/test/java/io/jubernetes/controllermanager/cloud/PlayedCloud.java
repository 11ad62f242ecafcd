package io.jubernetes.controllermanager.cloud;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.jubernetes.common.controller.ElectedService;
import io.jubernetes.controllermanager.ControllerManagerWork;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A place of which tests say what is there: machines by the names of their nodes, routes in memory, and the addresses
/// of the local provider. Several controller managers see the same.
public final class PlayedCloud implements CloudProvider, CloudProvider.Machines, CloudProvider.Routes {
    private final Set<String> gone = ConcurrentHashMap.newKeySet();
    private final Set<Route> routes = ConcurrentHashMap.newKeySet();
    private final LocalProvider local = new LocalProvider(AddressPool.parse("10.9.200.0/28"), false);

    /// The names of the controllers that such a place has.
    public static List<String> controllers() {
        return CloudControllers.of(new PlayedCloud(), true).stream()
                .map(entry -> entry.name())
                .toList();
    }

    /// Starts a controller of the cloud controller manager, which acts as the manager itself: what else its
    /// account may do is up to who installs it.
    public AutoCloseable start(ElectedService.Context context, String controller) throws InterruptedException {
        return ControllerManagerWork.startForCloud(
                context, List.of(controller), false, CloudControllers.of(this, true));
    }

    /// A machine is taken away.
    public void remove(String node) {
        gone.add(node);
    }

    /// The ranges there are routes to.
    public List<String> ranges() {
        return routes.stream().map(Route::range).sorted().toList();
    }

    @Override
    public Optional<Machines> machines() {
        return Optional.of(this);
    }

    @Override
    public Optional<LoadBalancers> loadBalancers() {
        return Optional.of(local);
    }

    @Override
    public Optional<Routes> routes() {
        return Optional.of(this);
    }

    @Override
    public boolean exists(Node node) {
        return !gone.contains(node.getMetadata().getName());
    }

    @Override
    public boolean isShutDown(Node node) {
        return false;
    }

    @Override
    public Machine describe(Node node) {
        String name = node.getMetadata().getName();
        return new Machine(
                "played:///" + name,
                "small",
                "zone-1",
                "region-1",
                List.of(new NodeAddress("192.0.2.7", "InternalIP")),
                Map.of());
    }

    @Override
    public List<Route> list() {
        return List.copyOf(routes);
    }

    @Override
    public void create(Route route, Node node) {
        routes.add(route);
    }

    @Override
    public void delete(Route route) {
        routes.remove(route);
    }
}
