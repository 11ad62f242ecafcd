package io.jubernetes.kubelet.runtime;

/// Told about changes of containers. Called on one thread, must return quickly.
public interface RuntimeListener {
    /// A container of the pod started, ended or was removed.
    void changed(String podUid, String containerId, Change change);

    /// Changes may have been missed: look at everything again.
    void missed();

    enum Change {
        STARTED,
        DIED,
        REMOVED
    }
}
