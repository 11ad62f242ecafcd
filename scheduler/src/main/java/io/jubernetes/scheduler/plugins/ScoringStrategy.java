package io.jubernetes.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.framework.ScorePlugin;

/// Whether a used or an unused node is better: `LeastAllocated` spreads, `MostAllocated` packs, and
/// `RequestedToCapacityRatio` follows a curve of the user's.
final class ScoringStrategy {
    private static final long MAX_SHAPE_SCORE = 10;

    private enum Type {
        LEAST_ALLOCATED,
        MOST_ALLOCATED,
        RATIO
    }

    private final Type type;
    private final ScoredResources scored;
    private final long[] utilizations;
    private final long[] scores;

    private ScoringStrategy(Type type, ScoredResources scored, long[] utilizations, long[] scores) {
        this.type = type;
        this.scored = scored;
        this.utilizations = utilizations;
        this.scores = scores;
    }

    static ScoringStrategy of(JsonNode strategy, Resources resources) {
        ScoredResources scored = ScoredResources.of(strategy.path("resources"), resources);
        String name = strategy.path("type").asText("LeastAllocated");
        return switch (name) {
            case "LeastAllocated" -> new ScoringStrategy(Type.LEAST_ALLOCATED, scored, new long[0], new long[0]);
            case "MostAllocated" -> new ScoringStrategy(Type.MOST_ALLOCATED, scored, new long[0], new long[0]);
            case "RequestedToCapacityRatio" ->
                shaped(scored, strategy.path("requestedToCapacityRatio").path("shape"));
            default -> throw new IllegalArgumentException("scoringStrategy.type: unknown type " + name);
        };
    }

    private static ScoringStrategy shaped(ScoredResources scored, JsonNode shape) {
        long[] utilizations = new long[shape.size()];
        long[] scores = new long[shape.size()];
        for (int i = 0; i < utilizations.length; i++) {
            utilizations[i] = shape.get(i).path("utilization").asLong();
            scores[i] = shape.get(i).path("score").asLong() * (ScorePlugin.MAX_SCORE / MAX_SHAPE_SCORE);
        }
        return new ScoringStrategy(Type.RATIO, scored, utilizations, scores);
    }

    long score(PodInfo pod, NodeInfo node) {
        long sum = 0;
        long weights = 0;
        int[] numbers = scored.numbers();
        for (int i = 0; i < numbers.length; i++) {
            int resource = numbers[i];
            long capacity = node.allocatable(resource);
            long asked = pod.requests().nonZero(resource);
            if (capacity == 0 || asked == 0 && !ScoredResources.isBasic(resource)) {
                continue;
            }
            long used = node.nonZeroRequested(resource) + asked;
            long score = score(used, capacity);
            long weight = scored.weights()[i];
            // A resource that a curve rates 0 has no vote.
            if (type != Type.RATIO || score > 0) {
                sum += score * weight;
                weights += weight;
            }
        }
        if (weights == 0) {
            return 0;
        }
        return type == Type.RATIO ? Math.round((double) sum / weights) : sum / weights;
    }

    private long score(long used, long capacity) {
        return switch (type) {
            case LEAST_ALLOCATED -> used > capacity ? 0 : (capacity - used) * ScorePlugin.MAX_SCORE / capacity;
            case MOST_ALLOCATED -> Math.min(used, capacity) * ScorePlugin.MAX_SCORE / capacity;
            case RATIO -> onCurve(used > capacity ? 100 : used * 100 / capacity);
        };
    }

    private long onCurve(long utilization) {
        for (int i = 0; i < utilizations.length; i++) {
            if (utilization <= utilizations[i]) {
                return i == 0
                        ? scores[0]
                        : scores[i - 1]
                                + (scores[i] - scores[i - 1])
                                        * (utilization - utilizations[i - 1])
                                        / (utilizations[i] - utilizations[i - 1]);
            }
        }
        return scores[scores.length - 1];
    }
}
