package io.jubernetes.controllermanager.autoscaling;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.autoscaling.v2.CrossVersionObjectReference;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpec;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatus;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatusBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricTarget;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricValueStatus;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricValueStatusBuilder;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.controllermanager.autoscaling.ReplicaCalculator.Proposal;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/// Computes what each metric of an autoscaler asks for.
final class MetricEvaluator {
    private final MetricsApi metrics;
    private final Function<CrossVersionObjectReference, String> resourceOf;

    /// @param resourceOf the resource of an object that a metric is about, as the custom metrics API names it
    MetricEvaluator(MetricsApi metrics, Function<CrossVersionObjectReference, String> resourceOf) {
        this.metrics = metrics;
        this.resourceOf = resourceOf;
    }

    /// @param name for messages, as `kubectl describe` shows it
    record Evaluated(int replicas, String name, MetricStatus status) {}

    /// The workload that is looked at.
    ///
    /// @param selector of its pods, in the form of a query
    record Target(String namespace, String selector, List<Pod> pods, int replicas, int readyReplicas) {}

    /// Why a metric is of no use now.
    static final class Unusable extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final String reason;

        Unusable(String reason, String message, Throwable cause) {
            super(message, cause);
            this.reason = reason;
        }

        String reason() {
            return reason;
        }
    }

    Evaluated evaluate(MetricSpec spec, Target target, ReplicaCalculator calculator, Instant now) {
        return switch (spec.getType()) {
            case "Resource" -> {
                var source = spec.getResource();
                Evaluated result = resource("", source.getName(), source.getTarget(), target, calculator, now);
                yield new Evaluated(
                        result.replicas(),
                        result.name(),
                        new MetricStatusBuilder()
                                .withType("Resource")
                                .withNewResource()
                                .withName(source.getName())
                                .withCurrent(result.status().getResource().getCurrent())
                                .endResource()
                                .build());
            }
            case "ContainerResource" -> {
                var source = spec.getContainerResource();
                Evaluated result =
                        resource(source.getContainer(), source.getName(), source.getTarget(), target, calculator, now);
                yield new Evaluated(
                        result.replicas(),
                        result.name(),
                        new MetricStatusBuilder()
                                .withType("ContainerResource")
                                .withNewContainerResource()
                                .withContainer(source.getContainer())
                                .withName(source.getName())
                                .withCurrent(result.status().getResource().getCurrent())
                                .endContainerResource()
                                .build());
            }
            case "Pods" -> pods(spec, target, calculator, now);
            case "Object" -> object(spec, target, calculator);
            case "External" -> external(spec, target, calculator);
            default ->
                throw new Unusable(
                        "InvalidMetricSourceType",
                        "unknown metric source type \"" + spec.getType() + "\"",
                        new IllegalArgumentException(spec.getType()));
        };
    }

    private Evaluated resource(
            String container,
            String resource,
            MetricTarget goal,
            Target target,
            ReplicaCalculator calculator,
            Instant now) {
        String what = container.isEmpty() ? resource + " resource" : resource + " container resource";
        try {
            var samples = metrics.resource(target.namespace(), target.selector(), resource, container);
            MetricValueStatus current;
            Proposal proposal;
            String name;
            if (goal.getAverageUtilization() != null) {
                proposal = calculator.byUtilization(
                        target.replicas(),
                        goal.getAverageUtilization(),
                        resource,
                        container,
                        target.pods(),
                        samples,
                        now);
                current = new MetricValueStatusBuilder()
                        .withAverageUtilization((int) proposal.value())
                        .withAverageValue(quantity(proposal.raw()))
                        .build();
                name = what + " utilization (percentage of request)";
            } else {
                proposal = calculator.byAverage(
                        target.replicas(), milli(goal.getAverageValue()), resource, target.pods(), samples, now);
                current = average(proposal.value());
                name = what;
            }
            return new Evaluated(
                    proposal.replicas(),
                    name,
                    new MetricStatusBuilder()
                            .withType("Resource")
                            .withNewResource()
                            .withName(resource)
                            .withCurrent(current)
                            .endResource()
                            .build());
        } catch (RuntimeException e) {
            throw new Unusable(
                    container.isEmpty() ? "FailedGetResourceMetric" : "FailedGetContainerResourceMetric",
                    "failed to get " + resource + " utilization: " + message(e),
                    e);
        }
    }

    private Evaluated pods(MetricSpec spec, Target target, ReplicaCalculator calculator, Instant now) {
        var source = spec.getPods();
        try {
            var samples = metrics.pods(
                    target.namespace(),
                    target.selector(),
                    source.getMetric().getName(),
                    source.getMetric().getSelector());
            Proposal proposal = calculator.byAverage(
                    target.replicas(), milli(source.getTarget().getAverageValue()), "", target.pods(), samples, now);
            return new Evaluated(
                    proposal.replicas(),
                    "pods metric " + source.getMetric().getName(),
                    new MetricStatusBuilder()
                            .withType("Pods")
                            .withNewPods()
                            .withCurrent(average(proposal.value()))
                            .withMetric(source.getMetric())
                            .endPods()
                            .build());
        } catch (RuntimeException e) {
            throw new Unusable("FailedGetPodsMetric", "failed to get pods metric value: " + message(e), e);
        }
    }

    private Evaluated object(MetricSpec spec, Target target, ReplicaCalculator calculator) {
        var source = spec.getObject();
        try {
            long value = metrics.object(
                    target.namespace(),
                    resourceOf.apply(source.getDescribedObject()),
                    source.getDescribedObject().getName(),
                    source.getMetric().getName(),
                    source.getMetric().getSelector());
            MetricValueStatus current;
            Proposal proposal;
            if ("Value".equals(source.getTarget().getType())) {
                proposal = calculator.byValue(
                        target.replicas(), milli(source.getTarget().getValue()), value, target.pods());
                current = new MetricValueStatusBuilder()
                        .withValue(quantity(value))
                        .build();
            } else {
                proposal = calculator.byShare(
                        target.replicas(), milli(source.getTarget().getAverageValue()), value);
                current = average(proposal.value());
            }
            return new Evaluated(
                    proposal.replicas(),
                    source.getDescribedObject().getKind() + " metric "
                            + source.getMetric().getName(),
                    new MetricStatusBuilder()
                            .withType("Object")
                            .withNewObject()
                            .withCurrent(current)
                            .withDescribedObject(source.getDescribedObject())
                            .withMetric(source.getMetric())
                            .endObject()
                            .build());
        } catch (RuntimeException e) {
            throw new Unusable("FailedGetObjectMetric", "failed to get object metric value: " + message(e), e);
        }
    }

    private Evaluated external(MetricSpec spec, Target target, ReplicaCalculator calculator) {
        var source = spec.getExternal();
        try {
            long value = metrics.external(
                    target.namespace(),
                    source.getMetric().getName(),
                    source.getMetric().getSelector());
            MetricValueStatus current;
            Proposal proposal;
            if (source.getTarget().getAverageValue() != null) {
                proposal = calculator.byShare(
                        target.replicas(), milli(source.getTarget().getAverageValue()), value);
                current = average(proposal.value());
            } else {
                proposal = calculator.byValue(
                        target.replicas(), milli(source.getTarget().getValue()), value, target.pods());
                current = new MetricValueStatusBuilder()
                        .withValue(quantity(value))
                        .build();
            }
            return new Evaluated(
                    proposal.replicas(),
                    "external metric " + source.getMetric().getName(),
                    new MetricStatusBuilder()
                            .withType("External")
                            .withNewExternal()
                            .withCurrent(current)
                            .withMetric(source.getMetric())
                            .endExternal()
                            .build());
        } catch (RuntimeException e) {
            throw new Unusable(
                    "FailedGetExternalMetric",
                    "failed to get " + source.getMetric().getName() + " external metric value: " + message(e),
                    e);
        }
    }

    private static String message(RuntimeException e) {
        return io.jubernetes.common.controller.Failures.message(e);
    }

    private static MetricValueStatus average(long milli) {
        return new MetricValueStatusBuilder().withAverageValue(quantity(milli)).build();
    }

    private static io.fabric8.kubernetes.api.model.Quantity quantity(long milli) {
        return io.fabric8.kubernetes.api.model.Quantity.parse(
                Quantity.ofMilli(milli).toString());
    }

    private static long milli(io.fabric8.kubernetes.api.model.Quantity quantity) {
        return Quantity.parse(Objects.requireNonNull(quantity, "no target").toString())
                .toMilli();
    }
}
