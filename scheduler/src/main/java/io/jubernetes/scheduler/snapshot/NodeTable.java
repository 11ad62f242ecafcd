package io.jubernetes.scheduler.snapshot;

import io.fabric8.kubernetes.api.model.Node;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.framework.SnapshotListener;
import io.jubernetes.scheduler.framework.Topology;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// All nodes and what is on them. The numbers that filters and scores look at for every pod are columns: one array
/// a resource, one element a node, so that a pass over all nodes walks memory in order. Rows are dense; removing a
/// node moves the last one into its row.
///
/// A pod whose node is not known (yet) is kept aside and joins the node when it appears. Not thread-safe: the
/// scheduling thread alone uses it.
public final class NodeTable implements Nodes {
    private final Resources resources;
    private final Map<String, NodeRow> byName = new HashMap<>();
    private final Map<String, Map<String, PodInfo>> homeless = new HashMap<>();
    private final Map<String, Integer> imageSpread = new HashMap<>();
    private final Map<String, TopologyColumn> topologies = new LinkedHashMap<>();
    private final List<SnapshotListener> listeners = new ArrayList<>();
    private NodeRow[] rows = new NodeRow[16];
    private long generation;
    private final AtomicInteger pods = new AtomicInteger(); // metrics read it
    private int size;

    long[][] allocatable = new long[0][];
    long[][] requested = new long[0][];
    long[] nonZeroCpu = new long[16];
    long[] nonZeroMemory = new long[16];

    public NodeTable(Resources resources) {
        this.resources = resources;
        ensureColumns();
    }

    @Override
    public int size() {
        return size;
    }

    /// How many pods are on nodes.
    public int podCount() {
        return pods.get();
    }

    /// The node in a row, 0 to [#size].
    public NodeInfo row(int index) {
        return rows[index];
    }

    @Override
    public @Nullable NodeInfo find(String name) {
        return byName.get(name);
    }

    @Override
    public Collection<NodeInfo> all() {
        return new AbstractList<>() {
            @Override
            public NodeInfo get(int index) {
                return rows[index];
            }

            @Override
            public int size() {
                return size;
            }
        };
    }

    @Override
    public int imageSpread(String image) {
        return imageSpread.getOrDefault(image, 0);
    }

    @Override
    public Resources resources() {
        return resources;
    }

    @Override
    public Topology topology(String key) {
        return topologies.computeIfAbsent(key, _ -> {
            var column = new TopologyColumn(key);
            for (int row = 0; row < size; row++) {
                column.set(row, rows[row].labels());
            }
            return column;
        });
    }

    @Override
    public void listen(SnapshotListener listener) {
        listeners.add(listener);
    }

    /// Adds a node or takes its new state.
    public void putNode(Node node) {
        String name = node.getMetadata().getName();
        NodeRow row = byName.get(name);
        if (row == null) {
            addNode(name, node);
        } else if (!row.isSame(node)) {
            updateNode(row, node);
        } else {
            row.replace(node);
        }
    }

    private void updateNode(NodeRow row, Node node) {
        countImages(row, -1);
        if (row.hasSameLabels(node)) {
            boolean taintsSame = row.hasSameTaints(node);
            row.update(node);
            if (!taintsSame) {
                listeners.forEach(SnapshotListener::nodesChanged);
            }
        } else {
            List<PodInfo> there = List.copyOf(row.pods());
            there.forEach(pod -> listeners.forEach(listener -> listener.podRemoved(row, pod)));
            row.update(node);
            topologies.values().forEach(column -> column.set(row.index(), row.labels()));
            listeners.forEach(SnapshotListener::nodesChanged);
            there.forEach(pod -> listeners.forEach(listener -> listener.podAdded(row, pod)));
            renumberIfWorn();
        }
        countImages(row, 1);
        setAllocatable(row.index(), node);
        row.touch(++generation);
    }

    private void addNode(String name, Node node) {
        var row = new NodeRow(this, size, node);
        ensureRows(size + 1);
        rows[size] = row;
        clearRow(size);
        size++;
        byName.put(name, row);
        row.update(node);
        row.touch(++generation);
        topologies.values().forEach(column -> column.set(row.index(), row.labels()));
        countImages(row, 1);
        setAllocatable(row.index(), node);
        listeners.forEach(SnapshotListener::nodesChanged);
        renumberIfWorn();
        Map<String, PodInfo> waiting = homeless.remove(name);
        if (waiting != null) {
            for (PodInfo pod : waiting.values()) {
                add(row, pod);
            }
        }
    }

    /// Removes a node; its pods are kept aside in case it comes back.
    public void removeNode(String name) {
        NodeRow row = byName.remove(name);
        if (row == null) {
            return;
        }
        countImages(row, -1);
        if (!row.pods().isEmpty()) {
            var kept = new LinkedHashMap<String, PodInfo>();
            row.pods().forEach(pod -> kept.put(pod.uid(), pod));
            homeless.put(name, kept);
            kept.values().forEach(pod -> listeners.forEach(listener -> listener.podRemoved(row, pod)));
        }
        int last = --size;
        int gap = row.index();
        if (gap != last) {
            rows[gap] = rows[last];
            rows[gap].moveTo(gap);
            rows[gap].touch(++generation);
            topologies.values().forEach(column -> column.move(last, gap));
            for (int resource = 0; resource < allocatable.length; resource++) {
                allocatable[resource][gap] = allocatable[resource][last];
                requested[resource][gap] = requested[resource][last];
            }
            nonZeroCpu[gap] = nonZeroCpu[last];
            nonZeroMemory[gap] = nonZeroMemory[last];
        }
        Arrays.fill(rows, last, last + 1, null);
        listeners.forEach(SnapshotListener::nodesChanged);
    }

    /// Values come and go with nodes; their numbers are dealt anew when most of them are out of use.
    private void renumberIfWorn() {
        boolean worn = false;
        for (TopologyColumn column : topologies.values()) {
            worn |= column.size() > 2 * size + 1024;
        }
        if (worn) {
            for (TopologyColumn column : topologies.values()) {
                column.clear();
                for (int row = 0; row < size; row++) {
                    column.set(row, rows[row].labels());
                }
            }
            listeners.forEach(SnapshotListener::renumbered);
        }
    }

    /// Puts a pod on a node, in place of an older state of the same pod there.
    public void putPod(String node, PodInfo pod) {
        NodeRow row = byName.get(node);
        if (row == null) {
            homeless.computeIfAbsent(node, _ -> new LinkedHashMap<>()).put(pod.uid(), pod);
            return;
        }
        PodInfo before = row.findPod(pod.uid());
        if (before != null && before.hasSameFootprint(pod)) {
            row.swapPod(pod);
            return;
        }
        subtract(row, row.removePod(pod.uid()));
        add(row, pod);
    }

    /// Takes a pod off a node, if it is there.
    public void removePod(String node, String uid) {
        NodeRow row = byName.get(node);
        if (row != null) {
            subtract(row, row.removePod(uid));
            return;
        }
        Map<String, PodInfo> waiting = homeless.get(node);
        if (waiting != null && waiting.remove(uid) != null && waiting.isEmpty()) {
            homeless.remove(node);
        }
    }

    private void add(NodeRow row, PodInfo pod) {
        ensureColumns();
        row.addPod(pod);
        pods.incrementAndGet();
        int index = row.index();
        for (int resource = 0; resource < pod.requests().length(); resource++) {
            requested[resource][index] += pod.requests().of(resource);
        }
        nonZeroCpu[index] += pod.requests().nonZero(Resources.CPU);
        nonZeroMemory[index] += pod.requests().nonZero(Resources.MEMORY);
        row.touch(++generation);
        for (SnapshotListener listener : listeners) {
            listener.podAdded(row, pod);
        }
    }

    private void subtract(NodeRow row, @Nullable PodInfo pod) {
        if (pod == null) {
            return;
        }
        pods.decrementAndGet();
        int index = row.index();
        for (int resource = 0; resource < pod.requests().length(); resource++) {
            requested[resource][index] -= pod.requests().of(resource);
        }
        nonZeroCpu[index] -= pod.requests().nonZero(Resources.CPU);
        nonZeroMemory[index] -= pod.requests().nonZero(Resources.MEMORY);
        row.touch(++generation);
        for (SnapshotListener listener : listeners) {
            listener.podRemoved(row, pod);
        }
    }

    private void setAllocatable(int index, Node node) {
        for (long[] column : allocatable) {
            column[index] = 0;
        }
        if (node.getStatus() == null || node.getStatus().getAllocatable() == null) {
            return;
        }
        node.getStatus().getAllocatable().forEach((name, quantity) -> {
            int resource = resources.number(name);
            ensureColumns();
            allocatable[resource][index] = Resources.amount(resource, quantity);
        });
    }

    private void countImages(NodeRow row, int change) {
        for (String image : row.images().keySet()) {
            imageSpread.merge(image, change, (a, b) -> a + b == 0 ? null : a + b);
        }
    }

    private void clearRow(int index) {
        for (int resource = 0; resource < allocatable.length; resource++) {
            allocatable[resource][index] = 0;
            requested[resource][index] = 0;
        }
        nonZeroCpu[index] = 0;
        nonZeroMemory[index] = 0;
    }

    private void ensureRows(int wanted) {
        if (wanted <= rows.length) {
            return;
        }
        int length = rows.length * 2;
        rows = Arrays.copyOf(rows, length);
        nonZeroCpu = Arrays.copyOf(nonZeroCpu, length);
        nonZeroMemory = Arrays.copyOf(nonZeroMemory, length);
        for (int resource = 0; resource < allocatable.length; resource++) {
            allocatable[resource] = Arrays.copyOf(allocatable[resource], length);
            requested[resource] = Arrays.copyOf(requested[resource], length);
        }
    }

    private void ensureColumns() {
        int there = allocatable.length;
        int wanted = resources.count();
        if (wanted <= there) {
            return;
        }
        allocatable = Arrays.copyOf(allocatable, wanted);
        requested = Arrays.copyOf(requested, wanted);
        for (int resource = there; resource < wanted; resource++) {
            allocatable[resource] = new long[rows.length];
            requested[resource] = new long[rows.length];
        }
    }
}
