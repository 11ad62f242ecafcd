package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.Verdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Counts why nodes did not fit and says it in upstream's words.
final class Explanation {
    private final int nodes;
    private final Map<String, Integer> reasons = new HashMap<>();

    /// @param nodes how many nodes there are
    Explanation(int nodes) {
        this.nodes = nodes;
    }

    void count(Verdict verdict) {
        verdict.why().forEach(reason -> count(reason, 1));
    }

    void count(String reason, int times) {
        if (times > 0) {
            reasons.merge(reason, times, Integer::sum);
        }
    }

    /// @param afterwards what making room came to; may be empty
    String text(String afterwards) {
        var text = new StringBuilder("0/" + nodes + " nodes are available:");
        if (!reasons.isEmpty()) {
            List<String> sorted = reasons.entrySet().stream()
                    .map(entry -> entry.getValue() + " " + entry.getKey())
                    .sorted()
                    .toList();
            text.append(' ').append(String.join(", ", sorted)).append('.');
        }
        if (!afterwards.isEmpty()) {
            text.append(' ').append(afterwards);
        }
        return text.toString();
    }

    /// The words when a plugin rejects the pod without looking at nodes.
    static String rejected(int nodes, List<String> reasons) {
        return "0/" + nodes + " nodes are available: " + String.join(", ", reasons) + ".";
    }
}
