package io.jubernetes.scheduler.framework;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/// Why each node that was looked at did not fit. Filled and read by the scheduling thread.
public final class Diagnosis {
    private final List<NodeInfo> nodes = new ArrayList<>();
    private final List<Verdict> verdicts = new ArrayList<>();
    private final Set<String> plugins = new TreeSet<>();

    /// @param plugin that turned the node down
    public void add(NodeInfo node, Verdict verdict, String plugin) {
        nodes.add(node);
        verdicts.add(verdict);
        if (plugins.isEmpty() || !plugins.contains(plugin)) {
            plugins.add(plugin);
        }
    }

    public int size() {
        return nodes.size();
    }

    public void forEach(BiConsumer<NodeInfo, Verdict> consumer) {
        for (int i = 0; i < nodes.size(); i++) {
            consumer.accept(nodes.get(i), verdicts.get(i));
        }
    }

    /// The nodes that other pods' going might make fit.
    public List<NodeInfo> notNow() {
        var result = new ArrayList<NodeInfo>();
        forEach((node, verdict) -> {
            if (verdict instanceof Verdict.NotNow) {
                result.add(node);
            }
        });
        return result;
    }

    /// Whether the node does not fit whatever other pods do.
    public boolean isNever(String node) {
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i).name().equals(node)) {
                return verdicts.get(i) instanceof Verdict.Never;
            }
        }
        return false;
    }

    /// The plugins that turned nodes down, in alphabetical order.
    public Set<String> plugins() {
        return plugins;
    }
}
