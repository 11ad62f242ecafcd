package io.jubernetes.controllermanager.autoscaling;

import io.fabric8.kubernetes.api.model.autoscaling.v2.HPAScalingPolicy;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HPAScalingRules;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How much of a wished change is granted: not below or beyond the bounds, not faster than the policies, and not for
/// a wish that may be gone in a moment. Pure.
final class ScaleRules {
    private static final List<HPAScalingPolicy> UP =
            List.of(new HPAScalingPolicy(15, "Pods", 4), new HPAScalingPolicy(15, "Percent", 100));
    private static final List<HPAScalingPolicy> DOWN = List.of(new HPAScalingPolicy(15, "Percent", 100));

    private ScaleRules() {}

    /// A number of replicas at a time: a wish, or a change that was made.
    record At(Instant time, int replicas) {}

    /// What happened lately.
    ///
    /// @param wishes what was computed, before any rule
    record History(List<At> wishes, List<At> added, List<At> removed) {
        static final History NONE = new History(List.of(), List.of(), List.of());

        History wish(Instant now, int replicas) {
            return new History(with(wishes, new At(now, replicas), now), added, removed);
        }

        History changed(Instant now, int by) {
            if (by == 0) {
                return this;
            }
            return by > 0
                    ? new History(wishes, with(added, new At(now, by), now), removed)
                    : new History(wishes, added, with(removed, new At(now, -by), now));
        }

        /// Longer than an hour back nothing may look: that is the longest window there can be.
        private static List<At> with(List<At> list, At fresh, Instant now) {
            var kept = new ArrayList<At>();
            list.stream()
                    .filter(each -> each.time().isAfter(now.minus(Duration.ofHours(1))))
                    .forEach(kept::add);
            kept.add(fresh);
            return List.copyOf(kept);
        }
    }

    /// What is granted.
    ///
    /// @param stabilized the reason when an earlier wish decided, else empty
    /// @param limit the reason when a bound or policy decided, else empty
    record Granted(int replicas, String stabilized, String stabilizedMessage, String limit, String limitMessage) {}

    /// @param defaultDownWindow how long a higher wish counts when shrinking, where the behavior does not say
    static Granted grant(
            int current,
            int wished,
            int min,
            int max,
            @Nullable HorizontalPodAutoscalerBehavior behavior,
            Duration defaultDownWindow,
            History history,
            Instant now) {
        HPAScalingRules up = behavior == null ? null : behavior.getScaleUp();
        HPAScalingRules down = behavior == null ? null : behavior.getScaleDown();
        Duration upWindow = window(up, Duration.ZERO);
        Duration downWindow = window(down, defaultDownWindow);
        int lowest = wished;
        int highest = wished;
        for (At wish : history.wishes()) {
            if (wish.time().isAfter(now.minus(upWindow))) {
                lowest = Math.min(lowest, wish.replicas());
            }
            if (wish.time().isAfter(now.minus(downWindow))) {
                highest = Math.max(highest, wish.replicas());
            }
        }
        int stable = Math.min(Math.max(current, lowest), highest);
        String stabilized = "";
        String message = "";
        if (stable != wished) {
            boolean isUp = wished > stable;
            stabilized = isUp ? "ScaleUpStabilized" : "ScaleDownStabilized";
            message = isUp
                    ? "recent recommendations were lower than current one, applying the lowest recent recommendation"
                    : "recent recommendations were higher than current one, applying the highest recent recommendation";
        }
        int bound;
        String limit = "";
        String limitMessage = "";
        if (stable > current) {
            int fastest = Math.max(current, fastestUp(current, up, history, now));
            bound = Math.min(fastest, max);
            if (stable > bound) {
                limit = fastest < max ? "ScaleUpLimit" : "TooManyReplicas";
                limitMessage = fastest < max
                        ? "the desired replica count is increasing faster than the maximum scale rate"
                        : "the desired replica count is more than the maximum replica count";
                stable = bound;
            }
        } else if (stable < current) {
            int fastest = Math.min(current, fastestDown(current, down, history, now));
            bound = Math.max(fastest, min);
            if (stable < bound) {
                limit = fastest > min ? "ScaleDownLimit" : "TooFewReplicas";
                limitMessage = fastest > min
                        ? "the desired replica count is decreasing faster than the maximum scale rate"
                        : "the desired replica count is less than the minimum replica count";
                stable = bound;
            }
        } else if (wished > max) {
            limit = "TooManyReplicas";
            limitMessage = "the desired replica count is more than the maximum replica count";
        } else if (wished < min) {
            limit = "TooFewReplicas";
            limitMessage = "the desired replica count is less than the minimum replica count";
        }
        return new Granted(Math.clamp(stable, Math.min(min, max), max), stabilized, message, limit, limitMessage);
    }

    private static int fastestUp(int current, @Nullable HPAScalingRules rules, History history, Instant now) {
        if (isDisabled(rules)) {
            return current;
        }
        boolean least = rules != null && "Min".equals(rules.getSelectPolicy());
        int result = least ? Integer.MAX_VALUE : Integer.MIN_VALUE;
        for (HPAScalingPolicy policy : policies(rules, UP)) {
            int before = current - sum(history.added(), policy, now) + sum(history.removed(), policy, now);
            int proposed = policy.getType().equals("Pods")
                    ? before + policy.getValue()
                    : (int) Math.ceil(before * (1 + policy.getValue() / 100.0));
            result = least ? Math.min(result, proposed) : Math.max(result, proposed);
        }
        return result;
    }

    private static int fastestDown(int current, @Nullable HPAScalingRules rules, History history, Instant now) {
        if (isDisabled(rules)) {
            return current;
        }
        boolean least = rules != null && "Min".equals(rules.getSelectPolicy());
        int result = least ? Integer.MIN_VALUE : Integer.MAX_VALUE;
        for (HPAScalingPolicy policy : policies(rules, DOWN)) {
            int before = current - sum(history.added(), policy, now) + sum(history.removed(), policy, now);
            int proposed = policy.getType().equals("Pods")
                    ? before - policy.getValue()
                    : (int) (before * (1 - policy.getValue() / 100.0));
            result = least ? Math.max(result, proposed) : Math.min(result, proposed);
        }
        return result;
    }

    private static boolean isDisabled(@Nullable HPAScalingRules rules) {
        return rules != null && "Disabled".equals(rules.getSelectPolicy());
    }

    private static List<HPAScalingPolicy> policies(@Nullable HPAScalingRules rules, List<HPAScalingPolicy> missing) {
        return rules == null || rules.getPolicies().isEmpty() ? missing : rules.getPolicies();
    }

    private static Duration window(@Nullable HPAScalingRules rules, Duration missing) {
        return rules == null || rules.getStabilizationWindowSeconds() == null
                ? missing
                : Duration.ofSeconds(rules.getStabilizationWindowSeconds());
    }

    private static int sum(List<At> changes, HPAScalingPolicy policy, Instant now) {
        Instant from = now.minusSeconds(Objects.requireNonNullElse(policy.getPeriodSeconds(), 15));
        return changes.stream()
                .filter(each -> each.time().isAfter(from))
                .mapToInt(At::replicas)
                .sum();
    }
}
