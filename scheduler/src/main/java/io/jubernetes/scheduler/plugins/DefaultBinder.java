package io.jubernetes.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Binding;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.scheduler.framework.BindPlugin;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.PodInfo;

/// Binds a pod by the API server's binding subresource.
public final class DefaultBinder implements BindPlugin {
    private final KubernetesClient client;

    public DefaultBinder(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public String name() {
        return "DefaultBinder";
    }

    @Override
    public boolean bind(CycleState state, PodInfo pod, String node, Deadline deadline) {
        String namespace = pod.key().namespace();
        String name = pod.key().name();
        Binding binding = new BindingBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .withUid(pod.uid())
                .endMetadata()
                .withNewTarget()
                .withKind("Node")
                .withName(node)
                .endTarget()
                .build();
        client.raw("/api/v1/namespaces/" + namespace + "/pods/" + name + "/binding", "POST", binding);
        return true;
    }
}
