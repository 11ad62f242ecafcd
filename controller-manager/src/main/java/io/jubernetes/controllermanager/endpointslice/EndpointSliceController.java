package io.jubernetes.controllermanager.endpointslice;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.ServicePodHandler;
import java.util.List;

/// Wires the endpoint slice controller.
public final class EndpointSliceController {
    private EndpointSliceController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<Service> services = context.informers().of(Service.class);
        Informed<Pod> pods = context.informers().of(Pod.class);
        Informed<Node> nodes = context.informers().of(Node.class);
        Informed<EndpointSlice> slices = context.informers().of(EndpointSlice.class);
        slices.index(EndpointSliceReconciler.BY_SERVICE, EndpointSliceController::managedService);
        WorkQueue<ObjectKey> queue = context.queue(name);
        services.listenAny(service -> queue.add(ObjectKey.of(service)));
        pods.listen(new ServicePodHandler(services, queue::add));
        slices.listenAny(slice -> {
            String service = Labels.of(slice).get(SlicePlan.SERVICE_NAME);
            if (service != null && isManaged(slice)) {
                queue.add(ObjectKey.of(slice.getMetadata().getNamespace(), service));
            }
        });
        // A node's zone stands in the endpoints of its pods.
        nodes.listen((before, after) -> {
            if (before != null && after != null && !Labels.of(before).equals(Labels.of(after))) {
                services.all().forEach(service -> queue.add(ObjectKey.of(service)));
            }
        });
        var reconciler = new EndpointSliceReconciler(
                context.client(),
                context.raw(),
                services,
                pods,
                nodes,
                slices,
                context.events("endpoint-slice-controller"),
                context.settings().maxEndpointsPerSlice());
        return Controller.of(context.runner(name, queue, reconciler));
    }

    /// The key of the Service whose slice this is, if this controller manages it.
    private static List<String> managedService(EndpointSlice slice) {
        String service = Labels.of(slice).get(SlicePlan.SERVICE_NAME);
        return service != null && isManaged(slice)
                ? List.of(ObjectKey.of(slice.getMetadata().getNamespace(), service)
                        .toString())
                : List.of();
    }

    private static boolean isManaged(EndpointSlice slice) {
        return SlicePlan.CONTROLLER.equals(Labels.of(slice).get(SlicePlan.MANAGED_BY));
    }
}
