package io.jubernetes.scheduler.plugins.spread;

import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.SnapshotListener;
import java.util.LinkedHashMap;
import java.util.Map;

/// Keeps the counts of the constraints that pods had lately. Used by the scheduling thread.
final class SpreadIndex implements SnapshotListener {
    private static final int MAX_KEPT = 128;

    private static final class Recent extends LinkedHashMap<SpreadCounts.Key, SpreadCounts> {
        private static final long serialVersionUID = 1;

        Recent() {
            super(64, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<SpreadCounts.Key, SpreadCounts> eldest) {
            return size() > MAX_KEPT;
        }
    }

    private final Nodes nodes;
    private final Map<SpreadCounts.Key, SpreadCounts> kept = new Recent();

    SpreadIndex(Nodes nodes) {
        this.nodes = nodes;
    }

    SpreadCounts of(SpreadCounts.Key key) {
        SpreadCounts known = kept.get(key);
        if (known == null) {
            known = new SpreadCounts(key, nodes);
            kept.put(key, known);
        }
        return known;
    }

    @Override
    public void podAdded(NodeInfo node, PodInfo pod) {
        for (SpreadCounts counts : kept.values()) {
            counts.change(node, pod, 1);
        }
    }

    @Override
    public void podRemoved(NodeInfo node, PodInfo pod) {
        for (SpreadCounts counts : kept.values()) {
            counts.change(node, pod, -1);
        }
    }

    @Override
    public void nodesChanged() {
        kept.clear();
    }

    @Override
    public void renumbered() {
        kept.clear();
    }
}
