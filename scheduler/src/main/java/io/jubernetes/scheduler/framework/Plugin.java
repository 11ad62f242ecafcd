package io.jubernetes.scheduler.framework;

import java.util.List;

/// A scheduling plugin: implements one or more of the extension point interfaces of this package. It keeps no
/// state of its own between pods; what belongs to one pod goes into its [CycleState].
public interface Plugin {
    /// Upstream's name, as it stands in configuration files and explanations.
    String name();

    /// The events that may make a pod schedulable which this plugin turned down. With none, such a pod is tried
    /// again only when it changes itself or after the long wait.
    default List<Wakeup> wakeups() {
        return List.of();
    }
}
