package io.jubernetes.controllermanager.garbagecollector;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.controllermanager.discovery.ApiResources;
import io.jubernetes.controllermanager.discovery.ApiResources.ApiResource;
import io.jubernetes.controllermanager.testing.SmallServer;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CollectorTest {
    private static final ApiResource MAPS =
            new ApiResource("v1", "configmaps", "ConfigMap", true, Set.of("get", "list", "watch", "delete"));

    private final SmallServer server = new SmallServer();
    private final OwnerGraph graph = new OwnerGraph(_ -> {}, _ -> {});
    private final Collector collector =
            new Collector(new RawApi(server.client()), graph, () -> new ApiResources(List.of(MAPS), List.of()));

    @AfterEach
    void close() {
        server.close();
    }

    private void map(String namespace, String name, String uid, String owner, String ownerUid) {
        var object = Json.object();
        var metadata = object.putObject("metadata")
                .put("namespace", namespace)
                .put("name", name)
                .put("uid", uid)
                .put("resourceVersion", "1");
        if (!owner.isEmpty()) {
            metadata.putArray("ownerReferences")
                    .addObject()
                    .put("apiVersion", "v1")
                    .put("kind", "ConfigMap")
                    .put("name", owner)
                    .put("uid", ownerUid);
        }
        String path = "/api/v1/namespaces/" + namespace + "/configmaps/" + name;
        server.put("GET " + path, 200, object);
        server.put("DELETE " + path, 200, Json.object());
        graph.put(Metadata.entry(MAPS, metadata));
    }

    private List<String> deleted() {
        return server.requests().stream()
                .filter(request -> request.startsWith("DELETE"))
                .toList();
    }

    @Test
    void whatLostItsOwnerIsDeleted() {
        map("a", "child", "c", "owner", "gone");
        Result _ = collector.attemptToDelete("c");
        assertThat(deleted()).containsExactly("DELETE /api/v1/namespaces/a/configmaps/child");
    }

    /// An owner is looked for in the namespace of the dependent. That it is not in one must not be taken for its
    /// being gone from another.
    @Test
    void aReferenceFromAnotherNamespaceDoesNotHarmTheOwnersOwnDependents() {
        map("b", "owner", "o", "", "");
        map("a", "stranger", "s", "owner", "o");
        map("b", "child", "c", "owner", "o");
        Result _ = collector.attemptToDelete("s");
        Result _ = collector.attemptToDelete("c");
        assertThat(deleted()).containsExactly("DELETE /api/v1/namespaces/a/configmaps/stranger");
    }
}
