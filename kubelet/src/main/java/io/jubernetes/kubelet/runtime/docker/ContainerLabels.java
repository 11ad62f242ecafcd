package io.jubernetes.kubelet.runtime.docker;

import io.jubernetes.kubelet.runtime.ContainerSpec;
import io.jubernetes.kubelet.runtime.PodRef;
import io.jubernetes.kubelet.runtime.SandboxSpec;
import java.util.HashMap;
import java.util.Map;

/// The names and labels of containers: everything the kubelet must know again after its own restart.
/// Upstream's keys where upstream has one.
final class ContainerLabels {
    static final String NODE = "io.jubernetes.node";
    static final String TYPE = "io.kubernetes.docker.type";
    static final String POD_UID = "io.kubernetes.pod.uid";
    static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";
    static final String POD_NAME = "io.kubernetes.pod.name";
    static final String CONTAINER_NAME = "io.kubernetes.container.name";
    static final String RESTART_COUNT = "io.kubernetes.container.restartCount";
    static final String HASH = "io.kubernetes.container.hash";
    static final String MESSAGE_POLICY = "io.kubernetes.container.terminationMessagePolicy";
    static final String MESSAGE_FILE = "io.jubernetes.container.terminationMessageFile";
    static final String IMAGE = "io.jubernetes.container.image";
    static final String SANDBOX = "io.kubernetes.sandbox.id";
    static final String TYPE_SANDBOX = "podsandbox";
    static final String TYPE_CONTAINER = "container";
    static final String FALL_BACK_TO_LOGS = "FallbackToLogsOnError";
    static final String SANDBOX_NAME = "POD";

    private ContainerLabels() {}

    static String name(SandboxSpec spec) {
        return name(spec.pod(), SANDBOX_NAME, spec.attempt());
    }

    static String name(ContainerSpec spec) {
        return name(spec.pod(), spec.name(), spec.attempt());
    }

    private static String name(PodRef pod, String container, int attempt) {
        return "k8s_" + container + "_" + pod.name() + "_" + pod.namespace() + "_" + pod.uid() + "_" + attempt;
    }

    static Map<String, String> of(NodeInstance node, SandboxSpec spec) {
        Map<String, String> labels = common(node, spec.pod(), SANDBOX_NAME, spec.attempt());
        labels.put(TYPE, TYPE_SANDBOX);
        return labels;
    }

    static Map<String, String> of(NodeInstance node, ContainerSpec spec) {
        Map<String, String> labels = common(node, spec.pod(), spec.name(), spec.attempt());
        labels.put(TYPE, TYPE_CONTAINER);
        labels.put(HASH, spec.hash());
        labels.put(IMAGE, spec.imageReference());
        labels.put(SANDBOX, spec.sandboxId());
        labels.put(MESSAGE_POLICY, spec.fallBackToLogs() ? FALL_BACK_TO_LOGS : "File");
        spec.terminationMessageFile().ifPresent(file -> labels.put(MESSAGE_FILE, file));
        return labels;
    }

    private static Map<String, String> common(NodeInstance node, PodRef pod, String name, int attempt) {
        var labels = new HashMap<String, String>();
        labels.put(NODE, node.label());
        labels.put(POD_UID, pod.uid());
        labels.put(POD_NAMESPACE, pod.namespace());
        labels.put(POD_NAME, pod.name());
        labels.put(CONTAINER_NAME, name);
        labels.put(RESTART_COUNT, Integer.toString(attempt));
        return labels;
    }
}
