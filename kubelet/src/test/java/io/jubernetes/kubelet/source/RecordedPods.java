package io.jubernetes.kubelet.source;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// The pods that a source says there are.
final class RecordedPods implements PodSink {
    final Map<String, Pod> pods = new ConcurrentHashMap<>();

    @Override
    public void set(Pod pod) {
        pods.put(pod.getMetadata().getUid(), pod);
    }

    @Override
    public void remove(String uid) {
        pods.remove(uid);
    }

    Set<String> names() {
        return pods.values().stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.toUnmodifiableSet());
    }

    Set<String> images() {
        return pods.values().stream()
                .map(pod -> pod.getSpec().getContainers().getFirst().getImage())
                .collect(Collectors.toUnmodifiableSet());
    }

    static String manifest(String name, String image) {
        return "{apiVersion: v1, kind: Pod, metadata: {name: " + name + "}, spec: {containers: [{name: c, image: "
                + image + "}]}}";
    }
}
