package io.jubernetes.controllermanager.cloud;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.cloud.CloudProvider.LoadBalancers;
import io.jubernetes.controllermanager.workload.Labels;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Gives Services of type LoadBalancer their load balancers, and takes them away again before such a Service goes.
final class ServiceController {
    static final String FINALIZER = "service.kubernetes.io/load-balancer-cleanup";
    private static final String EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";
    private static final Duration RETRY = Duration.ofSeconds(15);

    private final ControllerContext context;
    private final LoadBalancers balancers;
    private final Informed<Service> services;
    private final Informed<Node> nodes;
    private final EventRecorder events;

    private ServiceController(ControllerContext context, LoadBalancers balancers) {
        this.context = context;
        this.balancers = balancers;
        this.services = context.informers().of(Service.class);
        this.nodes = context.informers().of(Node.class);
        this.events = context.events("service-controller");
    }

    static Controller create(String name, ControllerContext context, LoadBalancers balancers) {
        var controller = new ServiceController(context, balancers);
        WorkQueue<ObjectKey> queue = context.queue("service");
        controller.services.listen((_, after) -> {
            if (after != null && (isWanted(after) || needsCleanUp(after))) {
                queue.add(ObjectKey.of(after));
            }
        });
        controller.nodes.listen((before, after) -> {
            boolean changed = before == null || after == null || isUsable(before) != isUsable(after);
            if (changed) {
                controller.services.all().stream()
                        .filter(ServiceController::isWanted)
                        .forEach(service -> queue.add(ObjectKey.of(service)));
            }
        });
        // One at a time: two Services must not get the same address.
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key), 1));
    }

    static boolean isWanted(Service service) {
        String ofClass = service.getSpec().getLoadBalancerClass();
        return "LoadBalancer".equals(service.getSpec().getType())
                && (ofClass == null || ofClass.isEmpty())
                && service.getMetadata().getDeletionTimestamp() == null;
    }

    static boolean needsCleanUp(Service service) {
        return !isWanted(service) && service.getMetadata().getFinalizers().contains(FINALIZER);
    }

    static boolean isUsable(Node node) {
        boolean ready = node.getStatus() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
        return ready
                && !Labels.of(node).containsKey(EXCLUDED)
                && node.getMetadata().getDeletionTimestamp() == null;
    }

    private Result reconcile(ObjectKey key) {
        Service service = services.find(key).orElse(null);
        if (service == null) {
            return Result.done();
        }
        try {
            if (needsCleanUp(service)) {
                events.normal(service, "DeletingLoadBalancer", "Deleting load balancer");
                balancers.delete(service);
                patch(service, List.of(), false);
                events.normal(service, "DeletedLoadBalancer", "Deleted load balancer");
            } else if (isWanted(service)) {
                ensure(service);
            }
            return Result.done();
        } catch (IOException e) {
            events.warning(service, "SyncLoadBalancerFailed", "Error syncing load balancer: " + e.getMessage());
            return Result.again(RETRY);
        }
    }

    private void ensure(Service service) throws IOException {
        List<LoadBalancerIngress> there = ingress(service);
        boolean held = service.getMetadata().getFinalizers().contains(FINALIZER);
        if (there.isEmpty()) {
            events.normal(service, "EnsuringLoadBalancer", "Ensuring load balancer");
        }
        if (!held) {
            // First what makes sure that it is taken away again, then the thing itself.
            patch(service, there, true);
        }
        List<LoadBalancerIngress> wanted = balancers.ensure(
                service,
                nodes.all().stream().filter(ServiceController::isUsable).toList(),
                services.all());
        if (!wanted.equals(there)) {
            patch(service, wanted, true);
            events.normal(service, "EnsuredLoadBalancer", "Ensured load balancer");
        }
    }

    static List<LoadBalancerIngress> ingress(Service service) {
        return service.getStatus() == null || service.getStatus().getLoadBalancer() == null
                ? List.of()
                : Objects.requireNonNullElse(
                        service.getStatus().getLoadBalancer().getIngress(), List.of());
    }

    /// Finalizer and addresses in one write to the status, which is all that this controller's role allows.
    private void patch(Service service, List<LoadBalancerIngress> ingress, boolean held) {
        var finalizers = new ArrayList<>(service.getMetadata().getFinalizers());
        finalizers.remove(FINALIZER);
        if (held) {
            finalizers.add(FINALIZER);
        }
        var change = Json.object();
        change.putObject("metadata")
                .put("uid", service.getMetadata().getUid())
                .set("finalizers", Json.MAPPER.valueToTree(finalizers));
        var balancer = change.putObject("status").putObject("loadBalancer");
        if (ingress.isEmpty()) {
            balancer.putNull("ingress");
        } else {
            balancer.set("ingress", Json.MAPPER.valueToTree(ingress));
        }
        try {
            context.raw().patch(RawApi.path(service) + "/status", RawApi.MERGE_PATCH, change);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
