package io.jubernetes.controllermanager.endpointslice;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.Reconciler;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.controllermanager.workload.PodControl;
import java.time.Duration;
import java.util.List;

/// Keeps the endpoint slices of a Service true.
final class EndpointSliceReconciler implements Reconciler {
    static final String BY_SERVICE = "service";
    private static final Duration CACHE_LAG = Duration.ofMillis(20);

    private final KubernetesClient client;
    private final RawApi raw;
    private final Lister<Service> services;
    private final Lister<Pod> pods;
    private final Lister<Node> nodes;
    private final Informed<EndpointSlice> slices;
    private final OwnWrites<EndpointSlice> writes;
    private final EventRecorder events;
    private final int maxPerSlice;

    EndpointSliceReconciler(
            KubernetesClient client,
            RawApi raw,
            Lister<Service> services,
            Lister<Pod> pods,
            Lister<Node> nodes,
            Informed<EndpointSlice> slices,
            EventRecorder events,
            int maxPerSlice) {
        this.client = client;
        this.raw = raw;
        this.services = services;
        this.pods = pods;
        this.nodes = nodes;
        this.slices = slices;
        this.writes = new OwnWrites<>(slices);
        this.events = events;
        this.maxPerSlice = maxPerSlice;
    }

    @Override
    public Result reconcile(ObjectKey key, Deadline deadline) {
        Service service = services.find(key).orElse(null);
        if (service == null) {
            // The slices are owned by the Service: the garbage collector takes them.
            writes.forget(key);
            return Result.done();
        }
        if (!ServiceEndpoints.isSelecting(service) || service.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        if (writes.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        List<Pod> selected = pods.inNamespace(key.namespace()).stream()
                .filter(pod -> LabelSelectors.matchesPlain(
                        service.getSpec().getSelector(), pod.getMetadata().getLabels()))
                .toList();
        var wanted = ServiceEndpoints.of(service, selected, name -> nodes.find(new ObjectKey("", name)));
        SlicePlan plan = SlicePlan.of(service, wanted, slices.by(BY_SERVICE, key.toString()), maxPerSlice);
        try {
            carryOut(key, plan);
        } catch (KubernetesClientException e) {
            if (PodControl.isNamespaceTerminating(e)) {
                return Result.done();
            }
            if (e.getCode() != 409) {
                events.warning(
                        service,
                        "FailedToUpdateEndpointSlices",
                        "Error updating Endpoint Slices for Service " + key + ": " + Failures.message(e));
            }
            throw e;
        }
        return Result.done();
    }

    private void carryOut(ObjectKey key, SlicePlan plan) {
        for (EndpointSlice slice : plan.create()) {
            writes.wrote(key, client.resource(slice).create());
        }
        for (EndpointSlice slice : plan.update()) {
            writes.wrote(key, client.resource(slice).update());
        }
        for (EndpointSlice slice : plan.delete()) {
            try {
                raw.delete(slice, null);
                writes.deleted(key, slice);
            } catch (KubernetesClientException e) {
                if (e.getCode() != 404) {
                    throw e;
                }
            }
        }
    }
}
