package io.jubernetes.controllermanager.endpoints;

import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.endpointslice.ServiceEndpoints;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.ServicePodHandler;
import java.util.List;

/// Keeps an Endpoints object for every Service that selects pods.
public final class EndpointsController {
    private final ControllerContext context;
    private final Informed<Service> services;
    private final Informed<Pod> pods;
    private final Informed<Endpoints> endpoints;

    private EndpointsController(ControllerContext context) {
        this.context = context;
        this.services = context.informers().of(Service.class);
        this.pods = context.informers().of(Pod.class);
        this.endpoints = context.informers().of(Endpoints.class);
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new EndpointsController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.services.listenAny(service -> queue.add(ObjectKey.of(service)));
        controller.pods.listen(new ServicePodHandler(controller.services, queue::add));
        controller.endpoints.listenAny(each -> queue.add(ObjectKey.of(each)));
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private Result reconcile(ObjectKey key) {
        Service service = services.find(key).orElse(null);
        Endpoints there = endpoints.find(key).orElse(null);
        if (service == null) {
            removeLeftOver(there);
            return Result.done();
        }
        if (!ServiceEndpoints.isSelecting(service)) {
            return Result.done();
        }
        List<Pod> selected = pods.inNamespace(key.namespace()).stream()
                .filter(pod -> LabelSelectors.matchesPlain(
                        service.getSpec().getSelector(), pod.getMetadata().getLabels()))
                .toList();
        Endpoints wanted = EndpointsPlan.of(service, selected, there);
        if (wanted == null) {
            return Result.done();
        }
        try {
            if (there == null) {
                context.client().resource(wanted).create();
            } else {
                context.client().resource(wanted).update();
            }
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) {
                throw e;
            }
        }
        return Result.done();
    }

    /// Endpoints made here go with their Service; those made by others stay.
    private void removeLeftOver(@org.jspecify.annotations.Nullable Endpoints there) {
        if (there == null
                || !EndpointsPlan.CONTROLLER.equals(io.jubernetes.controllermanager.workload.Labels.of(there)
                        .get(EndpointsPlan.MANAGED_BY))) {
            return;
        }
        try {
            context.raw().delete(there, null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
