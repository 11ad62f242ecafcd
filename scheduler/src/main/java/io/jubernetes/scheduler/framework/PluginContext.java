package io.jubernetes.scheduler.framework;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.controller.EventRecorder;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;

/// What a plugin is made with.
///
/// @param client for the plugin's own requests; only threads other than the scheduling thread may wait for it
/// @param nodes the scheduler's picture of nodes and pods
/// @param cluster other kinds of objects
/// @param held pods that a permit plugin holds
/// @param nominations pods for which room is being made
/// @param extenders other programs that have a say
/// @param work does things off the scheduling thread
/// @param events tells users
public record PluginContext(
        KubernetesClient client,
        Nodes nodes,
        Cluster cluster,
        HeldPods held,
        Nominations nominations,
        List<Extender> extenders,
        Work work,
        EventRecorder events,
        InstantSource clock,
        RandomGenerator random) {

    /// Where a plugin's requests run.
    public interface Work {
        /// Runs a call that may wait on a thread of its own; few run at a time.
        void background(Runnable call);

        /// Tries a waiting pod again soon, from any thread.
        void wake(String uid);
    }
}
