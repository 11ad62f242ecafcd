package io.jubernetes.scheduler.framework;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.jubernetes.common.controller.ChangeHandler;
import io.jubernetes.common.controller.Lister;

/// What of the cluster plugins look at beside pods and nodes. A kind must be asked for while the plugin is made: it
/// is watched from then on.
public interface Cluster {
    /// A local copy of all objects of a kind; readable from every thread.
    <T extends HasMetadata> Lister<T> lister(Class<T> kind);

    /// Calls the handler on the scheduling thread for every change of a kind.
    <T extends HasMetadata> void listen(Class<T> kind, ChangeHandler<T> handler);
}
