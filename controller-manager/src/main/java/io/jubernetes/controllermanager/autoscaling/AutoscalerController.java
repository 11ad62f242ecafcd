package io.jubernetes.controllermanager.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.autoscaling.v2.CrossVersionObjectReference;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpec;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.autoscaling.MetricEvaluator.Evaluated;
import io.jubernetes.controllermanager.autoscaling.MetricEvaluator.Unusable;
import io.jubernetes.controllermanager.discovery.ApiResources;
import io.jubernetes.controllermanager.discovery.ApiResources.ApiResource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Looks at each autoscaler every 15 seconds and sizes its workload by way of the `scale` subresource.
public final class AutoscalerController {
    private static final Duration DISCOVERY_PERIOD = Duration.ofSeconds(30);

    private final ControllerContext context;
    private final Informed<HorizontalPodAutoscaler> autoscalers;
    private final Informed<Pod> pods;
    private final MetricEvaluator evaluator;
    private final EventRecorder events;
    private final Map<ObjectKey, ScaleRules.History> histories = new ConcurrentHashMap<>();
    private ApiResources resources = new ApiResources(List.of(), List.of()); // guarded by this
    private Instant discoveredAt = Instant.EPOCH; // guarded by this

    private AutoscalerController(ControllerContext context) {
        this.context = context;
        this.autoscalers = context.informers().of(HorizontalPodAutoscaler.class);
        this.pods = context.informers().of(Pod.class);
        this.evaluator = new MetricEvaluator(new MetricsApi(context.raw()), this::metricResource);
        this.events = context.events("horizontal-pod-autoscaler");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new AutoscalerController(context);
        WorkQueue<ObjectKey> queue = context.queue("horizontalpodautoscaler");
        controller.autoscalers.listen((before, after) -> {
            if (after != null && (before == null || !before.getSpec().equals(after.getSpec()))) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private Result reconcile(ObjectKey key) {
        HorizontalPodAutoscaler hpa = autoscalers.find(key).orElse(null);
        if (hpa == null) {
            histories.remove(key);
            return Result.done();
        }
        if (hpa.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        var status = new AutoscalerStatus(hpa, context.clock().instant());
        try {
            scale(key, hpa, status);
        } finally {
            write(hpa, status);
        }
        return Result.again(context.settings().autoscaling().syncPeriod());
    }

    private void scale(ObjectKey key, HorizontalPodAutoscaler hpa, AutoscalerStatus status) {
        String path;
        ObjectNode scale;
        try {
            path = scalePath(key.namespace(), hpa.getSpec().getScaleTargetRef());
            scale = (ObjectNode) context.raw().get(path);
        } catch (KubernetesClientException | IllegalStateException e) {
            String message = Failures.message(e);
            events.warning(hpa, "FailedGetScale", message);
            status.set(
                    "AbleToScale",
                    "False",
                    "FailedGetScale",
                    "the HPA controller was unable to get the target's current scale: " + message);
            return;
        }
        status.set(
                "AbleToScale",
                "True",
                "SucceededGetScale",
                "the HPA controller was able to get the target's current scale");
        int current = scale.path("spec").path("replicas").asInt(0);
        int running = scale.path("status").path("replicas").asInt(0);
        status.replicas(running, current);
        Instant now = context.clock().instant();
        int min = hpa.getSpec().getMinReplicas() == null ? 1 : hpa.getSpec().getMinReplicas();
        int max = hpa.getSpec().getMaxReplicas();
        ScaleRules.History history = histories.computeIfAbsent(
                key, _ -> new ScaleRules.History(List.of(new ScaleRules.At(now, current)), List.of(), List.of()));
        int desired;
        String reason;
        if (current == 0 && min != 0) {
            status.set(
                    "ScalingActive",
                    "False",
                    "ScalingDisabled",
                    "scaling is disabled since the replica count of the target is zero");
            return;
        } else if (current > max) {
            desired = max;
            reason = "Current number of replicas above Spec.MaxReplicas";
        } else if (current < min) {
            desired = min;
            reason = "Current number of replicas below Spec.MinReplicas";
        } else {
            Optional<Evaluated> wish = evaluate(hpa, scale, current, status, now);
            if (wish.isEmpty()) {
                return;
            }
            history = history.wish(now, wish.get().replicas());
            var granted = ScaleRules.grant(
                    current,
                    wish.get().replicas(),
                    min,
                    max,
                    hpa.getSpec().getBehavior(),
                    context.settings().autoscaling().downscaleStabilization(),
                    history,
                    now);
            status.granted(granted);
            desired = granted.replicas();
            reason = wish.get().replicas() > current ? wish.get().name() + " above target" : "All metrics below target";
            histories.put(key, history);
        }
        status.replicas(running, desired);
        if (desired != current) {
            resize(hpa, path, scale, desired, reason, status);
            histories.put(key, history.changed(now, desired - current));
        }
    }

    /// The largest of what the metrics ask for; empty when that cannot be known. Without some of them a workload may
    /// still grow, but must not shrink.
    private Optional<Evaluated> evaluate(
            HorizontalPodAutoscaler hpa, JsonNode scale, int current, AutoscalerStatus status, Instant now) {
        String selector = scale.path("status").path("selector").asText("");
        if (selector.isEmpty()) {
            events.warning(hpa, "SelectorRequired", "selector is required");
            status.set("ScalingActive", "False", "InvalidSelector", "the HPA target's scale is missing a selector");
            return Optional.empty();
        }
        String namespace = hpa.getMetadata().getNamespace();
        List<Pod> selected;
        try {
            var query = LabelQuery.parse(selector);
            selected = pods.inNamespace(namespace).stream()
                    .filter(pod -> query.test(pod.getMetadata().getLabels()))
                    .toList();
        } catch (IllegalArgumentException e) {
            status.set(
                    "ScalingActive",
                    "False",
                    "InvalidSelector",
                    "the HPA target's scale has an invalid selector: " + e.getMessage());
            return Optional.empty();
        }
        var target = new MetricEvaluator.Target(namespace, selector, selected, current, selected.size());
        var statuses = new ArrayList<MetricStatus>();
        Evaluated best = null;
        Unusable failure = null;
        for (MetricSpec metric : hpa.getSpec().getMetrics()) {
            try {
                Evaluated each = evaluator.evaluate(metric, target, calculator(hpa), now);
                statuses.add(each.status());
                if (best == null || each.replicas() > best.replicas()) {
                    best = each;
                }
            } catch (Unusable e) {
                events.warning(hpa, e.reason(), String.valueOf(e.getMessage()));
                failure = failure == null ? e : failure;
            }
        }
        status.metrics(statuses);
        if (best == null || (failure != null && best.replicas() < current)) {
            String why = failure == null ? "no metrics are given" : String.valueOf(failure.getMessage());
            status.set(
                    "ScalingActive",
                    "False",
                    failure == null ? "NoMetrics" : failure.reason(),
                    "the HPA was unable to compute the replica count: " + why);
            events.warning(
                    hpa,
                    "FailedComputeMetricsReplicas",
                    "invalid metrics (" + (failure == null ? 0 : 1) + " invalid out of "
                            + hpa.getSpec().getMetrics().size() + "), first error is: " + why);
            return Optional.empty();
        }
        status.set(
                "ScalingActive",
                "True",
                "ValidMetricFound",
                "the HPA was able to successfully calculate a replica count from " + best.name());
        return Optional.of(best);
    }

    private ReplicaCalculator calculator(HorizontalPodAutoscaler hpa) {
        var options = context.settings().autoscaling();
        var behavior = hpa.getSpec().getBehavior();
        var up = behavior == null ? null : behavior.getScaleUp();
        var down = behavior == null ? null : behavior.getScaleDown();
        return new ReplicaCalculator(
                down == null || down.getTolerance() == null
                        ? options.tolerance()
                        : down.getTolerance().getNumericalAmount().doubleValue(),
                up == null || up.getTolerance() == null
                        ? options.tolerance()
                        : up.getTolerance().getNumericalAmount().doubleValue(),
                options.cpuInitializationPeriod(),
                options.initialReadinessDelay());
    }

    private void resize(
            HorizontalPodAutoscaler hpa,
            String path,
            ObjectNode scale,
            int desired,
            String reason,
            AutoscalerStatus status) {
        scale.withObject("/spec").put("replicas", desired);
        try {
            JsonNode _ = context.raw().put(path, scale);
        } catch (KubernetesClientException e) {
            String message = Failures.message(e);
            events.warning(
                    hpa, "FailedRescale", "New size: " + desired + "; reason: " + reason + "; error: " + message);
            status.set(
                    "AbleToScale",
                    "False",
                    "FailedUpdateScale",
                    "the HPA controller was unable to update the target scale: " + message);
            throw e;
        }
        status.set(
                "AbleToScale",
                "True",
                "SucceededRescale",
                "the HPA controller was able to update the target scale to " + desired);
        status.scaled();
        events.normal(hpa, "SuccessfulRescale", "New size: " + desired + "; reason: " + reason);
    }

    private String scalePath(String namespace, CrossVersionObjectReference target) {
        ApiResource resource = resource(target.getApiVersion(), target.getKind())
                .orElseThrow(() -> new IllegalStateException("no matches for kind \"" + target.getKind()
                        + "\" in group \"" + target.getApiVersion() + "\""));
        return resource.path(namespace, target.getName()) + "/scale";
    }

    private String metricResource(CrossVersionObjectReference object) {
        ApiResource resource = resource(object.getApiVersion(), object.getKind())
                .orElseThrow(() -> new IllegalStateException("no matches for kind \"" + object.getKind() + "\""));
        return resource.group().isEmpty() ? resource.name() : resource.name() + "." + resource.group();
    }

    private synchronized Optional<ApiResource> resource(String apiVersion, String kind) {
        Optional<ApiResource> there = resources.ofKind(apiVersion, kind);
        Instant now = context.clock().instant();
        if (there.isEmpty() && now.isAfter(discoveredAt.plus(DISCOVERY_PERIOD))) {
            resources = ApiResources.discover(context.raw());
            discoveredAt = now;
            there = resources.ofKind(apiVersion, kind);
        }
        return there;
    }

    private void write(HorizontalPodAutoscaler hpa, AutoscalerStatus status) {
        var after = status.build();
        if (!after.equals(hpa.getStatus())) {
            context.client()
                    .resource(hpa.toBuilder().withStatus(after).build())
                    .subresource("status")
                    .update();
        }
    }
}
