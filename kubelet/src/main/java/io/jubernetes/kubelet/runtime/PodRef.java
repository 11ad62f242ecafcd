package io.jubernetes.kubelet.runtime;

import io.fabric8.kubernetes.api.model.Pod;

/// Which pod something belongs to.
public record PodRef(String uid, String namespace, String name) {
    public static PodRef of(Pod pod) {
        return new PodRef(
                pod.getMetadata().getUid(),
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName());
    }

    /// `name_namespace(uid)`, the form upstream's messages use.
    public String label() {
        return name + "_" + namespace + "(" + uid + ")";
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
