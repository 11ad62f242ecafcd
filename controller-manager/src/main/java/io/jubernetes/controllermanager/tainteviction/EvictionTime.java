package io.jubernetes.controllermanager.tainteviction;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.jubernetes.common.scheduling.Tolerations;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// When a pod has to leave a node. Pure.
final class EvictionTime {
    private EvictionTime() {}

    /// @param taints the node's; only those with NoExecute count
    /// @param now from when taints without a time count
    /// @return empty when it may stay
    static Optional<Instant> of(List<Taint> taints, List<Toleration> tolerations, Instant now) {
        Instant earliest = null;
        for (Taint taint : taints) {
            if (!"NoExecute".equals(taint.getEffect())) {
                continue;
            }
            List<Toleration> matching = tolerations.stream()
                    .filter(each -> Tolerations.tolerates(each, taint))
                    .toList();
            if (matching.isEmpty()) {
                return Optional.of(now);
            }
            Long seconds = matching.stream()
                    .map(Toleration::getTolerationSeconds)
                    .filter(Objects::nonNull)
                    .map(Objects::requireNonNull)
                    .min(Long::compare)
                    .orElse(null);
            if (seconds != null) {
                Instant since = Times.parse(taint.getTimeAdded()).orElse(now);
                Instant leave = since.plusSeconds(Math.max(0, seconds));
                earliest = earliest == null || leave.isBefore(earliest) ? leave : earliest;
            }
        }
        return Optional.ofNullable(earliest);
    }
}
