package io.jubernetes.hyperkube.host;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The objects of `deploy/cluster`, which come with the program.
enum Manifests {
    /// Who may join, and what a joining host may read. Ours: changed back to what it should be.
    BOOTSTRAP("bootstrap.yaml"),
    /// The groups of nodes. The administrator's, once they are made.
    NODE_GROUPS("node-groups.yaml");

    private final String file;

    Manifests(String file) {
        this.file = file;
    }

    /// The objects, in their order.
    ///
    /// @param values what stands for each `${NAME}`
    List<HasMetadata> objects(Map<String, String> values) {
        try (InputStream stream = Manifests.class.getResourceAsStream("/cluster/" + file)) {
            if (stream == null) {
                throw new IllegalStateException("the program lacks cluster/" + file);
            }
            String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            for (Map.Entry<String, String> value : values.entrySet()) {
                text = text.replace("${" + value.getKey() + "}", value.getValue());
            }
            List<HasMetadata> objects = new ArrayList<>();
            for (var tree : Yaml.readAll(text)) {
                objects.add(Json.as(tree, HasMetadata.class));
            }
            return objects;
        } catch (IOException e) {
            throw new IllegalStateException("cannot read cluster/" + file, e);
        }
    }

    /// Makes the objects that are missing; those that are there become what they should be, or are left
    /// alone.
    void apply(KubernetesClient client, Map<String, String> values) {
        for (HasMetadata object : objects(values)) {
            var resource = client.resource(object);
            if (this == BOOTSTRAP) {
                resource.forceConflicts().serverSideApply();
            } else if (resource.get() == null) {
                resource.create();
            }
        }
    }
}
