package io.jubernetes.kubelet.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.controller.EventRecorder;

/// Events through the suite's recorder.
public final class ApiPodEvents implements PodEvents {
    private final EventRecorder recorder;

    public ApiPodEvents(EventRecorder recorder) {
        this.recorder = recorder;
    }

    @Override
    public void event(Pod pod, Type type, String reason, String message) {
        record(reference(pod), type, reason, message);
    }

    @Override
    public void event(Pod pod, String fieldPath, Type type, String reason, String message) {
        record(
                new ObjectReferenceBuilder(reference(pod))
                        .withFieldPath(fieldPath)
                        .build(),
                type,
                reason,
                message);
    }

    @Override
    public void event(Node node, Type type, String reason, String message) {
        // Upstream's events about nodes carry the name as uid, and kubectl describe looks for that.
        record(
                new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Node")
                        .withName(node.getMetadata().getName())
                        .withUid(node.getMetadata().getName())
                        .build(),
                type,
                reason,
                message);
    }

    private static ObjectReference reference(Pod pod) {
        return new ObjectReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Pod")
                .withNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .withResourceVersion(pod.getMetadata().getResourceVersion())
                .build();
    }

    private void record(ObjectReference about, Type type, String reason, String message) {
        String kind = type == Type.NORMAL ? EventRecorder.NORMAL : EventRecorder.WARNING;
        recorder.record(about, null, kind, reason, "", message);
    }
}
