package io.jubernetes.controllermanager.job;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.controllermanager.workload.Labels;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Completion indexes: sets of them as the status writes them (`0-3,7`), and the index of a pod.
final class Indexes {
    static final String ANNOTATION = "batch.kubernetes.io/job-completion-index";
    private static final int LIMIT = 1_000_000;

    private Indexes() {}

    /// Reads a set; what is not readable or beyond `completions` is left out.
    static BitSet parse(@Nullable String text, int completions) {
        var set = new BitSet();
        if (text == null || text.isEmpty()) {
            return set;
        }
        for (String part : text.split(",", -1)) {
            int dash = part.indexOf('-');
            try {
                int from = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
                int to = dash < 0 ? from : Integer.parseInt(part.substring(dash + 1));
                if (from >= 0 && from <= to && to < Math.min(completions, LIMIT)) {
                    set.set(from, to + 1);
                }
            } catch (NumberFormatException e) {
                // Written by somebody else: what cannot be read does not count.
            }
        }
        return set;
    }

    static String text(BitSet set) {
        var parts = new ArrayList<String>();
        for (int from = set.nextSetBit(0); from >= 0; ) {
            int to = set.nextClearBit(from) - 1;
            parts.add(from == to ? "" + from : to == from + 1 ? from + "," + to : from + "-" + to);
            from = set.nextSetBit(to + 1);
        }
        return String.join(",", parts);
    }

    static OptionalInt of(Pod pod) {
        return Labels.number(pod, ANNOTATION).map(OptionalInt::of).orElse(OptionalInt.empty());
    }
}
