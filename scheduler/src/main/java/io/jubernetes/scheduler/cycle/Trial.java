package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.WhatIf;
import io.jubernetes.scheduler.snapshot.NodeTable;
import java.util.ArrayList;
import java.util.List;

/// Changes the table for a moment to see whether a pod would fit then; closing it undoes the changes. The plugins'
/// pre-filters run anew for every question, for what they counted is no longer so. Used by the scheduling thread.
final class Trial implements WhatIf, AutoCloseable {
    private final NodeTable nodes;
    private final Profile profile;
    private final PodInfo pod;
    private final Nominator nominations;
    private final List<Runnable> undo = new ArrayList<>();
    private String rejecter = "";

    Trial(NodeTable nodes, Profile profile, PodInfo pod, Nominator nominations) {
        this.nodes = nodes;
        this.profile = profile;
        this.pod = pod;
        this.nominations = nominations;
    }

    @Override
    public void remove(NodeInfo node, PodInfo other) {
        nodes.removePod(node.name(), other.uid());
        undo.add(() -> nodes.putPod(node.name(), other));
    }

    @Override
    public void add(NodeInfo node, PodInfo other) {
        nodes.putPod(node.name(), other);
        undo.add(() -> nodes.removePod(node.name(), other.uid()));
    }

    @Override
    public Verdict verdict(NodeInfo node) {
        Verdict beside = besideNominated(node);
        // The nominated pods may never come, and the pod must not depend on them.
        return beside instanceof Verdict.Fits ? judge(node) : beside;
    }

    /// Whether the pod fits the node beside those for which room is being made there.
    Verdict besideNominated(NodeInfo node) {
        List<PodInfo> ahead = nominations.ahead(node.name(), pod);
        if (ahead.isEmpty()) {
            return Verdict.FITS;
        }
        ahead.forEach(other -> nodes.putPod(node.name(), other));
        try {
            return judge(node);
        } finally {
            ahead.forEach(other -> nodes.removePod(node.name(), other.uid()));
        }
    }

    /// The plugin that turned the node down just now.
    String rejecter() {
        return rejecter;
    }

    private Verdict judge(NodeInfo node) {
        var state = new CycleState();
        for (PreFilterPlugin plugin : profile.preFilters) {
            switch (plugin.preFilter(state, pod, nodes)) {
                case PreFilterPlugin.Outcome.Proceed _ -> {}
                case PreFilterPlugin.Outcome.Skip _ -> state.skipFilter(plugin.name());
                case PreFilterPlugin.Outcome.Only(var names) -> {
                    if (!names.contains(node.name())) {
                        rejecter = plugin.name();
                        return Verdict.never("node(s) didn't satisfy plugin(s) [" + plugin.name() + "]");
                    }
                }
                case PreFilterPlugin.Outcome.Reject(var why) -> {
                    rejecter = plugin.name();
                    return why;
                }
            }
        }
        Verdict verdict = judge(profile.localFilters, state, node);
        return verdict instanceof Verdict.Fits ? judge(profile.otherFilters, state, node) : verdict;
    }

    private Verdict judge(List<FilterPlugin> filters, CycleState state, NodeInfo node) {
        for (FilterPlugin plugin : filters) {
            if (!state.isFilterSkipped(plugin.name())) {
                Verdict verdict = plugin.filter(state, pod, node);
                if (!(verdict instanceof Verdict.Fits)) {
                    rejecter = plugin.name();
                    return verdict;
                }
            }
        }
        return Verdict.FITS;
    }

    /// Undoes what was tried, in reverse.
    @Override
    public void close() {
        undo.reversed().forEach(Runnable::run);
        undo.clear();
    }
}
