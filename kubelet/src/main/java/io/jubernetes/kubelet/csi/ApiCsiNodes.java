package io.jubernetes.kubelet.csi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.fabric8.kubernetes.api.model.storage.CSINodeBuilder;
import io.fabric8.kubernetes.api.model.storage.CSINodeDriver;
import io.fabric8.kubernetes.api.model.storage.CSINodeDriverBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.RawApi;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The CSINode of this node, and the node's labels and annotation that go with it.
public final class ApiCsiNodes implements CsiNodes {
    private static final String NODE_IDS = "csi.volume.kubernetes.io/nodeid";
    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;
    private final RawApi api;
    private final String nodeName;

    public ApiCsiNodes(KubernetesClient client, String nodeName) {
        this.client = client;
        this.api = new RawApi(client);
        this.nodeName = nodeName;
    }

    /// Sees to it that there is a CSINode, though it has no drivers yet.
    public void ensure() {
        if (read() == null) {
            change(null, null);
        }
    }

    @Override
    public void add(String driver, CsiDriver.Info info) {
        Node node = node();
        ObjectNode ids = ids(node);
        ObjectNode patch = Json.object();
        ObjectNode metadata = patch.putObject("metadata");
        if (!info.nodeId().equals(ids.path(driver).asText())) {
            metadata.putObject("annotations").put(NODE_IDS, Json.text(ids.put(driver, info.nodeId())));
        }
        Map<String, String> labels = node.getMetadata().getLabels();
        ObjectNode missing = Json.object();
        info.topology().forEach((key, value) -> {
            String had = labels.get(key);
            if (had != null && !had.equals(value)) {
                throw new KubernetesClientException("detected topology value collision: driver reported \"" + key
                        + "\":\"" + value + "\" but existing label is \"" + key + "\":\"" + had + "\"");
            }
            if (had == null) {
                missing.put(key, value);
            }
        });
        if (!missing.isEmpty()) {
            metadata.set("labels", missing);
        }
        if (!metadata.isEmpty()) {
            patch(patch);
        }
        var entry = new CSINodeDriverBuilder()
                .withName(driver)
                .withNodeID(info.nodeId())
                .withTopologyKeys(List.copyOf(new TreeSet<>(info.topology().keySet())));
        if (info.mostVolumes() > 0) {
            entry.withNewAllocatable((int) info.mostVolumes());
        }
        change(driver, entry.build());
    }

    @Override
    public void remove(String driver) {
        change(driver, null);
        ObjectNode ids = ids(node());
        if (ids.remove(driver) != null) {
            ObjectNode patch = Json.object();
            ObjectNode annotations = patch.putObject("metadata").putObject("annotations");
            if (ids.isEmpty()) {
                annotations.putNull(NODE_IDS);
            } else {
                annotations.put(NODE_IDS, Json.text(ids));
            }
            patch(patch);
        }
    }

    private Node node() {
        Node node = client.nodes().withName(nodeName).get();
        if (node == null) {
            throw new KubernetesClientException("node \"" + nodeName + "\" not found");
        }
        return node;
    }

    private static ObjectNode ids(Node node) {
        Map<String, String> annotations = node.getMetadata().getAnnotations();
        String text = annotations == null ? null : annotations.get(NODE_IDS);
        return text != null && Json.parse(text) instanceof ObjectNode ids ? ids : Json.object();
    }

    private void patch(ObjectNode patch) {
        var _ = api.patch(RawApi.path("v1", "nodes", "", nodeName), RawApi.MERGE_PATCH, patch);
    }

    private @Nullable CSINode read() {
        return client.storage().v1().csiNodes().withName(nodeName).get();
    }

    /// Replaces the entry of a driver, by nothing when it is null; somebody else's change in between is read again.
    private void change(@Nullable String driver, @Nullable CSINodeDriver entry) {
        for (int attempt = 1; ; attempt++) {
            CSINode known = read();
            List<CSINodeDriver> drivers = new ArrayList<>(
                    known == null || known.getSpec() == null
                            ? List.of()
                            : known.getSpec().getDrivers());
            drivers.removeIf(one -> one.getName().equals(driver));
            if (entry != null) {
                drivers.add(entry);
            }
            try {
                if (known == null) {
                    client.resource(fresh(drivers)).create();
                } else {
                    client.resource(new CSINodeBuilder(known)
                                    .editOrNewSpec()
                                    .withDrivers(drivers)
                                    .endSpec()
                                    .build())
                            .update();
                }
                return;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private CSINode fresh(List<CSINodeDriver> drivers) {
        Node node = node();
        return new CSINodeBuilder()
                .withNewMetadata()
                .withName(nodeName)
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Node")
                        .withName(nodeName)
                        .withUid(node.getMetadata().getUid())
                        .build())
                .endMetadata()
                .withNewSpec()
                .withDrivers(drivers)
                .endSpec()
                .build();
    }
}
