package io.jubernetes.controllermanager.endpointslicemirroring;

import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.PodControl;
import java.time.Duration;
import java.util.List;

/// Mirrors the Endpoints of Services without a selector, whose endpoints somebody else looks after.
public final class MirroringController {
    private static final String SKIP = "endpointslice.kubernetes.io/skip-mirror";
    private static final String LEADER = "control-plane.alpha.kubernetes.io/leader";
    private static final String BY_SERVICE = "mirrored service";
    private static final int MAX_PER_SUBSET = 1000;
    private static final Duration CACHE_LAG = Duration.ofMillis(20);

    private final ControllerContext context;
    private final Informed<Endpoints> endpoints;
    private final Informed<Service> services;
    private final Informed<EndpointSlice> slices;
    private final OwnWrites<EndpointSlice> writes;
    private final EventRecorder events;

    private MirroringController(ControllerContext context) {
        this.context = context;
        this.endpoints = context.informers().of(Endpoints.class);
        this.services = context.informers().of(Service.class);
        this.slices = context.informers().of(EndpointSlice.class);
        this.writes = new OwnWrites<>(slices);
        this.events = context.events("endpoint-slice-mirroring-controller");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new MirroringController(context);
        WorkQueue<ObjectKey> queue = context.queue("endpoint_slice_mirroring");
        controller.slices.index(BY_SERVICE, MirroringController::mirroredService);
        controller.endpoints.listenAny(each -> queue.add(ObjectKey.of(each)));
        controller.services.listenAny(each -> queue.add(ObjectKey.of(each)));
        controller.slices.listenAny(slice -> {
            String service = Labels.of(slice).get(MirrorPlan.SERVICE_NAME);
            if (service != null && !mirroredService(slice).isEmpty()) {
                queue.add(ObjectKey.of(slice.getMetadata().getNamespace(), service));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private static List<String> mirroredService(EndpointSlice slice) {
        String service = Labels.of(slice).get(MirrorPlan.SERVICE_NAME);
        return service != null && MirrorPlan.CONTROLLER.equals(Labels.of(slice).get(MirrorPlan.MANAGED_BY))
                ? List.of(slice.getMetadata().getNamespace() + "/" + service)
                : List.of();
    }

    static boolean isMirrored(Endpoints endpoints, Service service) {
        return !"true".equals(Labels.of(endpoints).get(SKIP))
                && Labels.annotation(endpoints, LEADER).isEmpty()
                && (service.getSpec().getSelector() == null
                        || service.getSpec().getSelector().isEmpty());
    }

    private Result reconcile(ObjectKey key) {
        if (writes.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        Endpoints object = endpoints.find(key).orElse(null);
        Service service = services.find(key).orElse(null);
        List<EndpointSlice> existing = slices.by(BY_SERVICE, key.toString());
        if (object == null || service == null || !isMirrored(object, service)) {
            existing.forEach(slice -> delete(key, slice));
            return Result.done();
        }
        MirrorPlan plan = MirrorPlan.of(object, existing, MAX_PER_SUBSET);
        if (plan.skipped() > 0) {
            events.warning(
                    object,
                    "TooManyAddressesToMirror",
                    "A max of " + MAX_PER_SUBSET + " addresses can be mirrored to EndpointSlices per Endpoints subset. "
                            + plan.skipped() + " addresses were skipped");
        }
        try {
            for (EndpointSlice slice : plan.create()) {
                writes.wrote(key, context.client().resource(slice).create());
            }
            for (EndpointSlice slice : plan.update()) {
                writes.wrote(key, context.client().resource(slice).update());
            }
        } catch (KubernetesClientException e) {
            if (PodControl.isNamespaceTerminating(e)) {
                return Result.done();
            }
            throw e;
        }
        plan.delete().forEach(slice -> delete(key, slice));
        return Result.done();
    }

    private void delete(ObjectKey key, EndpointSlice slice) {
        try {
            context.raw().delete(slice, null);
            writes.deleted(key, slice);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
