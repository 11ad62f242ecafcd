package io.jubernetes.controllermanager.disruption;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/// Keeps the status of disruption budgets true, and takes back marks of disruptions that did not come.
public final class DisruptionController {
    private static final String MARK = "DisruptionTarget";
    private static final Duration STALE = Duration.ofMinutes(2);
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final ControllerContext context;
    private final Informed<PodDisruptionBudget> budgets;
    private final Informed<Pod> pods;
    private final Scales scales;
    private final EventRecorder events;

    private DisruptionController(ControllerContext context) {
        this.context = context;
        this.budgets = context.informers().of(PodDisruptionBudget.class);
        this.pods = context.informers().of(Pod.class);
        this.scales = new Scales(context);
        this.events = context.events("controllermanager");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new DisruptionController(context);
        WorkQueue<ObjectKey> queue = context.queue("disruption");
        WorkQueue<ObjectKey> stale = context.queue("stale_pod_disruption");
        controller.budgets.listenAny(budget -> queue.add(ObjectKey.of(budget)));
        controller.pods.listen((before, after) -> {
            if (before != null) {
                controller.wake(before, queue);
            }
            if (after != null) {
                controller.wake(after, queue);
                if (Pods.condition(after, MARK).isPresent()) {
                    stale.add(ObjectKey.of(after));
                }
            }
        });
        return Controller.of(
                context.runner(name, queue, (key, _) -> controller.reconcile(key)),
                context.runner(name + "-stale", stale, (key, _) -> controller.takeBack(key), 1));
    }

    private void wake(Pod pod, WorkQueue<ObjectKey> queue) {
        for (PodDisruptionBudget budget : budgets.inNamespace(pod.getMetadata().getNamespace())) {
            if (LabelSelectors.matches(
                    budget.getSpec().getSelector(), pod.getMetadata().getLabels())) {
                queue.add(ObjectKey.of(budget));
            }
        }
    }

    private Result reconcile(ObjectKey key) {
        PodDisruptionBudget budget = budgets.find(key).orElse(null);
        if (budget == null) {
            return Result.done();
        }
        Instant now = context.clock().instant();
        List<Pod> selected = pods.inNamespace(key.namespace()).stream()
                .filter(pod -> LabelSelectors.matches(
                        budget.getSpec().getSelector(), pod.getMetadata().getLabels()))
                .toList();
        if (selected.isEmpty()) {
            events.normal(budget, "NoPods", "No matching pods found");
        }
        int scale = 0;
        if (BudgetStatus.Numbers.needScale(budget)) {
            try {
                Scales.Total total = scales.of(selected);
                scale = total.wanted();
                sayUnmanaged(budget, total);
            } catch (IllegalStateException | KubernetesClientException e) {
                String message = Failures.message(e);
                events.warning(
                        budget,
                        "CalculateExpectedPodCountFailed",
                        "Failed to calculate the number of expected pods: " + message);
                write(budget, BudgetStatus.failed(budget, message, now));
                // Nearly always an owner that goes just before its pods; every change of those wakes the budget.
                return Result.again(RETRY);
            }
        }
        var result = BudgetStatus.of(budget, selected, BudgetStatus.Numbers.of(budget, selected.size(), scale), now);
        result.notDeleted()
                .forEach(pod -> events.warning(
                        pod, "NotDeleted", "Pod was expected by PDB " + key + " to be deleted but it wasn't"));
        write(budget, result.status());
        return result.lookAgain()
                .map(left -> Result.again(left.plusMillis(100)))
                .orElse(Result.done());
    }

    private void sayUnmanaged(PodDisruptionBudget budget, Scales.Total total) {
        if (!total.unmanaged().isEmpty()) {
            events.warning(
                    budget,
                    "UnmanagedPods",
                    "Pods selected by this PodDisruptionBudget have no controller: "
                            + String.join(", ", total.unmanaged())
                            + ". They cannot be counted; set .spec.minAvailable to an integer to account for them.");
        }
    }

    private void write(PodDisruptionBudget budget, PodDisruptionBudgetStatus status) {
        if (!Objects.equals(status, budget.getStatus())) {
            context.client()
                    .resource(budget.toBuilder().withStatus(status).build())
                    .subresource("status")
                    .update();
        }
    }

    /// A pod that was marked as about to be disrupted and is still there after a while is not any more.
    private Result takeBack(ObjectKey key) {
        Pod pod = pods.find(key).orElse(null);
        if (pod == null || Pods.isTerminating(pod) || Pods.isTerminal(pod)) {
            return Result.done();
        }
        var mark = Pods.condition(pod, MARK)
                .filter(condition -> "True".equals(condition.getStatus()))
                .orElse(null);
        if (mark == null) {
            return Result.done();
        }
        Instant now = context.clock().instant();
        Duration left = Times.parse(mark.getLastTransitionTime())
                .map(since -> Duration.between(now, since.plus(STALE)))
                .orElse(Duration.ZERO);
        if (left.isPositive()) {
            return Result.again(left.plusMillis(100));
        }
        var change = Json.object();
        change.putObject("metadata").put("uid", pod.getMetadata().getUid());
        change.putObject("status")
                .putArray("conditions")
                .addObject()
                .put("type", MARK)
                .put("status", "False")
                .put("lastTransitionTime", Times.text(now));
        try {
            context.raw().patch(RawApi.path(pod) + "/status", RawApi.STRATEGIC_PATCH, change);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
        return Result.done();
    }
}
