package io.jubernetes.controllermanager.autoscaling;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// How many replicas a measured value asks for. Pure. Amounts are thousandths, as in `500m`.
///
/// @param downTolerance by which share the value may be below its target without effect, and likewise above
/// @param startup how long after its start a pod's CPU usage is not believed unless it is ready
/// @param readinessDelay how soon after its start a pod that was never ready may be so
record ReplicaCalculator(double downTolerance, double upTolerance, Duration startup, Duration readinessDelay) {
    /// A value of one pod.
    ///
    /// @param window the time it was measured over
    record Sample(long milli, Instant at, Duration window) {}

    /// @param value the average for each pod: in percent of what is requested, or in thousandths
    /// @param raw the average in thousandths
    record Proposal(int replicas, long value, long raw) {}

    private record Groups(int ready, Set<String> unready, Set<String> missing, Set<String> ignored) {}

    /// By the share of what the containers request.
    ///
    /// @param container counts this one only, empty for all
    /// @param target percent
    /// @throws IllegalStateException when it cannot be computed; the message is for users
    Proposal byUtilization(
            int current,
            int target,
            String resource,
            String container,
            List<Pod> pods,
            Map<String, Sample> samples,
            Instant now) {
        if (samples.isEmpty()) {
            throw new IllegalStateException("no metrics returned from resource metrics API");
        }
        Groups groups = group(pods, samples, resource, now);
        var requests = new HashMap<String, Long>();
        for (Pod pod : pods) {
            if (!groups.ignored().contains(name(pod))) {
                requests.put(name(pod), requested(pod, resource, container));
            }
        }
        var used = used(samples, groups);
        if (used.isEmpty()) {
            throw new IllegalStateException("did not receive metrics for targeted pods (pods might be unready)");
        }
        long sumUsed = 0;
        long sumRequested = 0;
        for (var each : used.entrySet()) {
            Long requested = requests.get(each.getKey());
            if (requested != null) {
                sumUsed += each.getValue();
                sumRequested += requested;
            }
        }
        if (sumRequested == 0) {
            throw new IllegalStateException("no metrics returned matched known pods");
        }
        long percent = sumUsed * 100 / sumRequested;
        long average = sumUsed / used.size();
        double ratio = (double) percent / target;
        int replicas = adjust(
                current,
                ratio,
                groups,
                used,
                missing -> (double) requests.getOrDefault(missing, 0L) * Math.max(100, target) / 100,
                filled -> {
                    long all = 0;
                    long wanted = 0;
                    for (var each : filled.entrySet()) {
                        if (requests.containsKey(each.getKey())) {
                            all += each.getValue();
                            wanted += requests.get(each.getKey());
                        }
                    }
                    // Whole percents, as for the first ratio.
                    long share = wanted == 0 ? 0 : all * 100 / wanted;
                    return (double) share / target;
                });
        return new Proposal(replicas, percent, average);
    }

    /// By the average of a value over the pods.
    Proposal byAverage(
            int current, long target, String resource, List<Pod> pods, Map<String, Sample> samples, Instant now) {
        if (samples.isEmpty()) {
            throw new IllegalStateException("no metrics returned from the metrics API");
        }
        Groups groups = group(pods, samples, resource, now);
        var used = used(samples, groups);
        if (used.isEmpty()) {
            throw new IllegalStateException("did not receive metrics for targeted pods (pods might be unready)");
        }
        long average = average(used);
        double ratio = (double) average / target;
        int replicas =
                adjust(current, ratio, groups, used, _ -> (double) target, filled -> (double) average(filled) / target);
        return new Proposal(replicas, average, average);
    }

    /// By one value for the whole workload.
    Proposal byValue(int current, long target, long value, List<Pod> pods) {
        double ratio = (double) value / target;
        if (current == 0) {
            return new Proposal((int) Math.ceil(ratio), value, value);
        }
        if (isWithin(ratio)) {
            return new Proposal(current, value, value);
        }
        long ready = pods.stream()
                .filter(pod -> Pods.phase(pod).equals("Running") && Pods.isReady(pod))
                .count();
        return new Proposal((int) Math.ceil(ratio * ready), value, value);
    }

    /// By one value that the pods share evenly.
    Proposal byShare(int current, long target, long value) {
        int replicas = current;
        if (current == 0 || !isWithin((double) value / ((double) target * current))) {
            replicas = (int) Math.ceil((double) value / target);
        }
        long average = current == 0 ? value : (long) Math.ceil((double) value / current);
        return new Proposal(replicas, average, average);
    }

    private boolean isWithin(double ratio) {
        return ratio >= 1 - downTolerance && ratio <= 1 + upTolerance;
    }

    /// Pods of which nothing is known are taken to stand against the change, so that it is not overdone.
    private int adjust(
            int current,
            double ratio,
            Groups groups,
            Map<String, Long> used,
            java.util.function.ToDoubleFunction<String> fullUse,
            java.util.function.ToDoubleFunction<Map<String, Long>> ratioOf) {
        boolean upWithUnready = !groups.unready().isEmpty() && ratio > 1;
        if (!upWithUnready && groups.missing().isEmpty()) {
            return isWithin(ratio) ? current : (int) Math.ceil(ratio * groups.ready());
        }
        var filled = new HashMap<>(used);
        for (String missing : groups.missing()) {
            if (ratio < 1) {
                filled.put(missing, (long) fullUse.applyAsDouble(missing));
            } else if (ratio > 1) {
                filled.put(missing, 0L);
            }
        }
        if (upWithUnready) {
            groups.unready().forEach(unready -> filled.put(unready, 0L));
        }
        double corrected = ratioOf.applyAsDouble(filled);
        boolean turned = (ratio < 1 && corrected > 1) || (ratio > 1 && corrected < 1);
        if (isWithin(corrected) || turned) {
            return current;
        }
        int replicas = (int) Math.ceil(corrected * filled.size());
        boolean wrongWay = (corrected < 1 && replicas > current) || (corrected > 1 && replicas < current);
        return wrongWay ? current : replicas;
    }

    private Groups group(List<Pod> pods, Map<String, Sample> samples, String resource, Instant now) {
        int ready = 0;
        var unready = new HashSet<String>();
        var missing = new HashSet<String>();
        var ignored = new HashSet<String>();
        for (Pod pod : pods) {
            if (Pods.isTerminating(pod) || Pods.phase(pod).equals("Failed")) {
                ignored.add(name(pod));
            } else if (Pods.phase(pod).equals("Pending")) {
                unready.add(name(pod));
            } else if (!samples.containsKey(name(pod))) {
                missing.add(name(pod));
            } else if (resource.equals("cpu") && isStarting(pod, Objects.requireNonNull(samples.get(name(pod))), now)) {
                unready.add(name(pod));
            } else {
                ready++;
            }
        }
        return new Groups(ready, unready, missing, ignored);
    }

    private boolean isStarting(Pod pod, Sample sample, Instant now) {
        Optional<PodCondition> ready = Pods.condition(pod, "Ready");
        Optional<Instant> start =
                Times.parse(pod.getStatus() == null ? null : pod.getStatus().getStartTime());
        if (ready.isEmpty() || start.isEmpty()) {
            return true;
        }
        boolean isNot = "False".equals(ready.get().getStatus());
        Instant since = Times.parse(ready.get().getLastTransitionTime()).orElse(start.get());
        if (start.get().plus(startup).isAfter(now)) {
            return isNot || sample.at().isBefore(since.plus(sample.window()));
        }
        return isNot && start.get().plus(readinessDelay).isAfter(since);
    }

    private static Map<String, Long> used(Map<String, Sample> samples, Groups groups) {
        var used = new HashMap<String, Long>();
        samples.forEach((pod, sample) -> {
            if (!groups.ignored().contains(pod) && !groups.unready().contains(pod)) {
                used.put(pod, sample.milli());
            }
        });
        return used;
    }

    private static long average(Map<String, Long> values) {
        return values.values().stream().mapToLong(Long::longValue).sum() / Math.max(1, values.size());
    }

    private static long requested(Pod pod, String resource, String container) {
        List<Container> containers = new ArrayList<>(pod.getSpec().getContainers());
        Stream<Container> sidecars =
                pod.getSpec().getInitContainers().stream().filter(each -> "Always".equals(each.getRestartPolicy()));
        sidecars.forEach(containers::add);
        long sum = 0;
        for (Container each : containers) {
            if (!container.isEmpty() && !container.equals(each.getName())) {
                continue;
            }
            var request = each.getResources() == null || each.getResources().getRequests() == null
                    ? null
                    : each.getResources().getRequests().get(resource);
            if (request == null) {
                throw new IllegalStateException(
                        "missing request for " + resource + " in container " + each.getName() + " of Pod " + name(pod));
            }
            sum += Quantity.parse(request.toString()).toMilli();
        }
        return sum;
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getName();
    }
}
