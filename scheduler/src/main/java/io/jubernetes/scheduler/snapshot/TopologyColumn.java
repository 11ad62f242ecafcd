package io.jubernetes.scheduler.snapshot;

import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Topology;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// The domains of one node label, a number a row.
final class TopologyColumn implements Topology {
    private final String key;
    private final Map<String, Integer> numbers = new HashMap<>();
    private int[] ofRow = new int[16];

    TopologyColumn(String key) {
        this.key = key;
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public int domain(NodeInfo node) {
        return ofRow[((NodeRow) node).index()];
    }

    @Override
    public int size() {
        return numbers.size();
    }

    void set(int row, Map<String, String> labels) {
        if (row >= ofRow.length) {
            ofRow = Arrays.copyOf(ofRow, Math.max(row + 1, ofRow.length * 2));
        }
        String value = labels.get(key);
        ofRow[row] = value == null ? NONE : numbers.computeIfAbsent(value, _ -> numbers.size());
    }

    void move(int from, int to) {
        ofRow[to] = ofRow[from];
    }

    /// Forgets all numbers, so that those of values no node has any more do not pile up.
    void clear() {
        numbers.clear();
    }
}
