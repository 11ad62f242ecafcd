package io.jubernetes.controllermanager.cloud;

import io.jubernetes.controllermanager.ControllerEntry;
import java.util.ArrayList;
import java.util.List;

/// The controllers that a provider has something for.
final class CloudControllers {
    private CloudControllers() {}

    static List<ControllerEntry> of(CloudProvider provider, boolean withRoutes) {
        var all = new ArrayList<ControllerEntry>();
        provider.machines().ifPresent(machines -> {
            all.add(ControllerEntry.of(
                    "cloud-node-controller",
                    "cloud-node",
                    "cloud-node-controller",
                    (name, context) -> NodeController.create(name, context, machines)));
            all.add(ControllerEntry.of(
                    "cloud-node-lifecycle-controller",
                    "cloud-node-lifecycle",
                    "node-controller",
                    (name, context) -> NodeLifecycleController.create(name, context, machines)));
        });
        provider.loadBalancers()
                .ifPresent(balancers -> all.add(ControllerEntry.of(
                        "service-lb-controller",
                        "service",
                        "service-controller",
                        (name, context) -> ServiceController.create(name, context, balancers))));
        if (withRoutes) {
            provider.routes()
                    .ifPresent(routes -> all.add(ControllerEntry.of(
                            "node-route-controller",
                            "route",
                            "route-controller",
                            (name, context) -> RouteController.create(name, context, routes))));
        }
        return all;
    }
}
