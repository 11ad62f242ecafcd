package io.jubernetes.kubelet.source;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.controller.Informed;
import java.util.List;

/// The pods that the API server assigns to this node.
public final class ApiPodSource implements AutoCloseable {
    private final Informed<Pod> pods;
    private final PodSink sink;
    private Informed.@org.jspecify.annotations.Nullable Registration registration;

    /// @param pods watched for this node only
    public ApiPodSource(Informed<Pod> pods, PodSink sink) {
        this.pods = pods;
        this.sink = sink;
    }

    /// Begins to tell; to be called once.
    public void start() {
        registration = pods.listen((before, after) -> {
            if (before != null
                    && (after == null
                            || !after.getMetadata()
                                    .getUid()
                                    .equals(before.getMetadata().getUid()))) {
                sink.remove(before.getMetadata().getUid());
            }
            if (after != null) {
                sink.set(after);
            }
        });
    }

    /// The uids of all pods there are.
    public List<String> uids() {
        return pods.all().stream().map(pod -> pod.getMetadata().getUid()).toList();
    }

    @Override
    public void close() {
        var known = registration;
        if (known != null) {
            known.close();
        }
    }
}
