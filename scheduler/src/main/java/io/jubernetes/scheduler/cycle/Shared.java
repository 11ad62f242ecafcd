package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.snapshot.NodeTable;

/// What the scheduling loop and the plugins have in common, and so must be there before both.
///
/// @param nodes the table the plugins look at; the loop fills it
public record Shared(NodeTable nodes, Inbox inbox, Calls calls, WaitingPods held, Nominator nominations) {
    public static Shared create() {
        return new Shared(new NodeTable(new Resources()), new Inbox(), new Calls(), new WaitingPods(), new Nominator());
    }
}
