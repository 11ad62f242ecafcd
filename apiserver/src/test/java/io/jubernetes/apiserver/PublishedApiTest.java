package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a real server tells of its resources, and the ones that are not stored.
class PublishedApiTest {
    private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    @TempDir
    static Path folder;

    private static RunningApiServer server;

    @BeforeAll
    static void start() throws Exception {
        server = RunningApiServer.start(folder);
        server.create(CRDS, """
                {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                 "metadata": {"name": "docs.example.com"},
                 "spec": {"group": "example.com", "scope": "Namespaced",
                  "names": {"plural": "docs", "kind": "Doc"},
                  "versions": [
                   {"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
                     "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}},
                   {"name": "v2", "served": true, "storage": false, "schema": {"openAPIV3Schema": {"type": "object",
                     "properties": {"spec": {"type": "object", "properties":
                       {"size": {"type": "integer"}, "color": {"type": "string"}}}}}}}]}}""");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> server.get("/apis/example.com/v2/docs").status() == 200);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void tellsWhatRequestsForACustomResourceTakeAndGive() {
        JsonNode document = server.get("/openapi/v3/apis/example.com/v1").body();
        JsonNode collection = document.at("/paths/~1apis~1example.com~1v1~1namespaces~1{namespace}~1docs");
        String own = "#/components/schemas/com.example.v1.Doc";
        JsonNode body = collection.at("/post/requestBody");
        assertThat(body.path("required").asBoolean()).isTrue();
        assertThat(body.path("content").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("application/json", "application/yaml");
        assertThat(body.at("/content/application~1json/schema/$ref").asText()).isEqualTo(own);
        assertThat(collection
                        .at("/get/responses/200/content/application~1json/schema/$ref")
                        .asText())
                .isEqualTo(own + "List");
        JsonNode one = document.at("/paths/~1apis~1example.com~1v1~1namespaces~1{namespace}~1docs~1{name}");
        assertThat(one.path("parameters").findValuesAsText("name")).containsExactly("name", "namespace", "pretty");
        assertThat(one.at("/put/parameters").findValuesAsText("name"))
                .containsExactly("dryRun", "fieldManager", "fieldValidation");
        assertThat(one.at("/patch/requestBody/content").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(
                        "application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml");
        assertThat(document.at("/components/schemas/com.example.v1.Doc/properties/metadata/allOf/0/$ref")
                        .asText())
                .isEqualTo("#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
    }

    @Test
    void everyReferenceOfADocumentLeadsSomewhere() {
        for (String path : new String[] {"/openapi/v3/apis/example.com/v1", "/openapi/v3/api/v1"}) {
            JsonNode document = server.get(path).body();
            for (String reference : document.findValuesAsText("$ref")) {
                assertThat(document.at(reference.substring(1)).isMissingNode())
                        .as(reference)
                        .isFalse();
            }
        }
    }

    @Test
    void forgetsWhoOwnsWhatWhenAVersionDoesNotKnowAllFields() {
        server.create("/apis/example.com/v1/namespaces/default/docs", """
                {"apiVersion": "example.com/v1", "kind": "Doc", "metadata": {"name": "a"}, "spec": {"size": 1}}""");
        String address = "/apis/example.com/v2/namespaces/default/docs/a";
        assertThat(server.get(address).body().at("/metadata/managedFields").size())
                .isEqualTo(1);
        JsonNode changed =
                server.merge(address, "{\"spec\": {\"color\": \"green\"}}").body();
        assertThat(changed.path("metadata").has("managedFields")).isFalse();
    }

    @Test
    void asksTheComponentsHowTheyAre() {
        RunningApiServer.Answer all = server.get("/api/v1/componentstatuses");
        assertThat(all.body().path("kind").asText()).isEqualTo("ComponentStatusList");
        assertThat(all.warnings()).containsExactly("299 - \"v1 ComponentStatus is deprecated in v1.19+\"");
        assertThat(all.body().path("items").findValuesAsText("name"))
                .containsExactly("controller-manager", "scheduler", "etcd-0");
        JsonNode store = server.get("/api/v1/componentstatuses/etcd-0").body();
        assertThat(store.at("/conditions/0/status").asText()).isEqualTo("True");
        assertThat(store.at("/conditions/0/message").asText()).isEqualTo("ok");
        RunningApiServer.Answer none = server.get("/api/v1/componentstatuses/none");
        assertThat(none.status()).isEqualTo(404);
        assertThat(none.message()).isEqualTo("componentstatus \"none\" not found");
    }
}
