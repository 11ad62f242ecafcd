package io.jubernetes.scheduler;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.jubernetes.common.controller.ChangeHandler;
import io.jubernetes.common.controller.Informers;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.scheduler.framework.Cluster;
import java.util.function.Consumer;

/// The cluster by informers. What plugins listen to is handed to the scheduling thread.
final class InformedCluster implements Cluster {
    private final Informers informers;
    private final Consumer<Runnable> toLoop;

    /// @param toLoop has something run on the scheduling thread
    InformedCluster(Informers informers, Consumer<Runnable> toLoop) {
        this.informers = informers;
        this.toLoop = toLoop;
    }

    @Override
    public <T extends HasMetadata> Lister<T> lister(Class<T> kind) {
        return informers.of(kind);
    }

    @Override
    public <T extends HasMetadata> void listen(Class<T> kind, ChangeHandler<T> handler) {
        var _ = informers.of(kind).listen((before, after) -> toLoop.accept(() -> handler.changed(before, after)));
    }
}
