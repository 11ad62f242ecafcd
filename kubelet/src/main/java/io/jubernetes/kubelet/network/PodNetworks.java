package io.jubernetes.kubelet.network;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Networks that a pod is on beside the pod network, by an annotation that names networks of the container engine.
public final class PodNetworks {
    /// Names of networks with commas between.
    public static final String ANNOTATION = "jubernetes.io/networks";

    private PodNetworks() {}

    /// The networks a pod asks for, each once.
    public static List<String> of(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String names = annotations == null ? "" : annotations.getOrDefault(ANNOTATION, "");
        return Arrays.stream(names.split(",", -1))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .distinct()
                .toList();
    }
}
