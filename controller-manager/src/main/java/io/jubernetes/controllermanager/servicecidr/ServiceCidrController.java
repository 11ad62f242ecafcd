package io.jubernetes.controllermanager.servicecidr;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.IPAddress;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Runs the life of ServiceCIDRs.
public final class ServiceCidrController {
    static final String FINALIZER = "networking.k8s.io/service-cidr-finalizer";
    private static final String READY = "Ready";
    /// API servers take a moment to learn that a range is going, and until then give out addresses of it.
    private static final Duration DELETION_GRACE = Duration.ofSeconds(10);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

    private final ControllerContext context;
    private final Informed<ServiceCIDR> ranges;
    private final Informed<IPAddress> addresses;
    private final EventRecorder events;

    private ServiceCidrController(ControllerContext context) {
        this.context = context;
        this.ranges = context.informers().of(ServiceCIDR.class);
        this.addresses = context.informers().of(IPAddress.class);
        this.events = context.events("service-cidrs-controller");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new ServiceCidrController(context);
        WorkQueue<ObjectKey> queue = context.queue("servicecidrs");
        controller.ranges.listenAny(changed -> controller.ranges.all().stream()
                .filter(each ->
                        each.getMetadata().getUid().equals(changed.getMetadata().getUid())
                                || each.getMetadata().getDeletionTimestamp() != null)
                .forEach(each -> queue.add(ObjectKey.of(each))));
        controller.addresses.listen((before, after) -> {
            if (before != null && after == null) {
                controller.ranges.all().stream()
                        .filter(each -> each.getMetadata().getDeletionTimestamp() != null)
                        .forEach(each -> queue.add(ObjectKey.of(each)));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key), 5));
    }

    private Result reconcile(ObjectKey key) {
        ServiceCIDR range = ranges.find(key).orElse(null);
        if (range == null) {
            return Result.done();
        }
        if (range.getMetadata().getDeletionTimestamp() == null) {
            if (!range.getMetadata().getFinalizers().contains(FINALIZER)) {
                setFinalizer(range, true);
                return Result.done();
            }
            setReady(range, true, "", "Kubernetes Service CIDR is ready");
            return Result.done();
        }
        if (!range.getMetadata().getFinalizers().contains(FINALIZER)) {
            return Result.done();
        }
        if (!canGo(range, ranges.all(), addresses.all())) {
            setReady(
                    range,
                    false,
                    "Terminating",
                    "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new"
                            + " ServiceCIDR");
            events.normal(
                    range, "KubernetesServiceCIDRError", "There are still IPAddresses referencing the ServiceCIDR");
            return Result.again(LOOK_AGAIN);
        }
        Instant now = context.clock().instant();
        Duration left = Times.parse(range.getMetadata().getDeletionTimestamp())
                .map(since -> Duration.between(now, since.plus(DELETION_GRACE)))
                .orElse(Duration.ZERO);
        if (left.isPositive()) {
            return Result.again(left.plusMillis(100));
        }
        setFinalizer(range, false);
        return Result.done();
    }

    /// Whether every address in use would still lie in a range that stays.
    static boolean canGo(ServiceCIDR range, Collection<ServiceCIDR> all, Collection<IPAddress> addresses) {
        List<AddressRange> staying = all.stream()
                .filter(each ->
                        !each.getMetadata().getName().equals(range.getMetadata().getName()))
                .filter(each -> each.getMetadata().getDeletionTimestamp() == null)
                .flatMap(each -> each.getSpec().getCidrs().stream())
                .flatMap(cidr -> AddressRange.parse(cidr).stream())
                .toList();
        List<AddressRange> own = range.getSpec().getCidrs().stream()
                .flatMap(cidr -> AddressRange.parse(cidr).stream())
                .toList();
        return addresses.stream()
                .map(address -> address.getMetadata().getName())
                .filter(name -> own.stream().anyMatch(each -> each.contains(name)))
                .allMatch(name -> staying.stream().anyMatch(each -> each.contains(name)));
    }

    private void setFinalizer(ServiceCIDR range, boolean held) {
        var finalizers = new ArrayList<>(range.getMetadata().getFinalizers());
        if (held) {
            finalizers.add(FINALIZER);
        } else {
            finalizers.remove(FINALIZER);
        }
        try {
            context.client()
                    .resource(range.toBuilder()
                            .editMetadata()
                            .withFinalizers(finalizers)
                            .endMetadata()
                            .build())
                    .update();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    private void setReady(ServiceCIDR range, boolean ready, String reason, String message) {
        String status = ready ? "True" : "False";
        List<Condition> conditions = new ArrayList<>(
                range.getStatus() == null ? List.of() : range.getStatus().getConditions());
        Optional<Condition> there = conditions.stream()
                .filter(condition -> READY.equals(condition.getType()))
                .findFirst();
        if (there.filter(condition -> status.equals(condition.getStatus())).isPresent()) {
            return;
        }
        there.ifPresent(conditions::remove);
        conditions.add(new ConditionBuilder()
                .withType(READY)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(Times.now(context.clock()))
                .build());
        context.client()
                .resource(range.toBuilder()
                        .editOrNewStatus()
                        .withConditions(conditions)
                        .endStatus()
                        .build())
                .subresource("status")
                .update();
    }
}
