package io.jubernetes.scheduler.framework;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// Counts why nodes did not fit and says it in upstream's words.
public final class Explanation {
    private final int nodes;
    /// Most verdicts are constants of their plugins, so this stays small however many nodes there are.
    private final IdentityHashMap<Verdict, int[]> verdicts = new IdentityHashMap<>();

    private final Map<String, Integer> reasons = new HashMap<>();

    /// @param nodes how many nodes there are
    public Explanation(int nodes) {
        this.nodes = nodes;
    }

    public void count(Verdict verdict) {
        verdicts.computeIfAbsent(verdict, _ -> new int[1])[0]++;
    }

    public void count(String reason, int times) {
        if (times > 0) {
            reasons.merge(reason, times, Integer::sum);
        }
    }

    /// @param afterwards what making room came to; may be empty
    public String text(String afterwards) {
        verdicts.forEach((verdict, times) -> verdict.why().forEach(reason -> count(reason, times[0])));
        verdicts.clear();
        var text = new StringBuilder("0/" + nodes + " nodes are available:");
        if (!reasons.isEmpty()) {
            List<String> sorted = reasons.entrySet().stream()
                    .map(entry -> entry.getValue() + " " + entry.getKey())
                    .sorted()
                    .toList();
            text.append(' ').append(String.join(", ", sorted)).append('.');
        }
        return with(text, afterwards);
    }

    /// The words when a plugin rejects the pod without looking at nodes.
    public static String rejected(int nodes, List<String> reasons, String afterwards) {
        return with(
                new StringBuilder("0/" + nodes + " nodes are available: ")
                        .append(String.join(", ", reasons))
                        .append('.'),
                afterwards);
    }

    private static String with(StringBuilder text, String afterwards) {
        if (!afterwards.isEmpty()) {
            text.append(' ').append(afterwards);
        }
        return text.toString();
    }
}
