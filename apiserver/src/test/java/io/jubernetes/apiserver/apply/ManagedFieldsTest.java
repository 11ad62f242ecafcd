package io.jubernetes.apiserver.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Strategies;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.TypedDecoder;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManagedFieldsTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final List<ApiResource> RESOURCES = BuiltinResources.read(Strategies::of, "/registry");

    private final ApiResource configMaps = resource("v1", "configmaps");
    private final ApiResource deployments = resource("apps/v1", "deployments");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "configmaps | {data: {a: '1'}} | {f:data: {.: {}, f:a: {}}}",
                "configmaps | {data: {a: '1'}, metadata: {labels: {l: x}, finalizers: [e.org/f]}} | {f:data: {.: {}, f:a: {}}, f:metadata: {f:finalizers: {.: {}, 'v:\"e.org/f\"': {}}, f:labels: {.: {}, f:l: {}}}}",
                "services | {spec: {selector: {a: b}, ports: [{port: 80}]}} | {f:spec: {f:internalTrafficPolicy: {}, f:ports: {.: {}, 'k:{\"port\":80,\"protocol\":\"TCP\"}': {.: {}, f:port: {}, f:protocol: {}, f:targetPort: {}}}, f:selector: {}, f:sessionAffinity: {}, f:type: {}}}",
            })
    void creatorOwnsWhatItSets(String plural, String body, String fields) {
        ApiResource resource = resource("v1", plural);
        ObjectNode object = decoded(resource, body);
        fields(START).update(resource, null, object, "m", "");
        JsonNode entry = object.path("metadata").path("managedFields").path(0);
        assertThat(entry.path("fieldsV1")).isEqualTo(yaml(fields));
        assertThat(entry.path("operation").asText()).isEqualTo("Update");
        assertThat(entry.path("time").asText()).isEqualTo("2026-01-01T00:00:00Z");
    }

    @Test
    void changedFieldsMoveAndRemovedFieldsLeaveEverybody() {
        ObjectNode live = created("a", "{data: {x: '1', y: '1', z: '1'}}");
        ObjectNode object = decoded(configMaps, "{data: {x: '2', y: '1'}}");
        fields(START.plusSeconds(5)).update(configMaps, live, object, "b", "");
        assertThat(owned(object, "a")).isEqualTo(yaml("{f:data: {.: {}, f:y: {}}}"));
        assertThat(owned(object, "b")).isEqualTo(yaml("{f:data: {f:x: {}}}"));
    }

    @Test
    void unchangedUpdateLeavesEntriesAndTimes() {
        ObjectNode live = created("a", "{data: {x: '1'}}");
        ObjectNode object = decoded(configMaps, "{data: {x: '1'}}");
        fields(START.plusSeconds(5)).update(configMaps, live, object, "a", "");
        assertThat(object).isEqualTo(live);
    }

    @Test
    void emptyEntryResetsAndNothingIsTrackedAfterwards() {
        ObjectNode live = created("a", "{data: {x: '1'}}");
        ObjectNode object = decoded(configMaps, "{data: {x: '2'}, metadata: {managedFields: [{}]}}");
        fields(START).update(configMaps, live, object, "a", "");
        assertThat(object.path("metadata").has("managedFields")).isFalse();
    }

    @Test
    void mainPathDoesNotOwnTheStatus() {
        ObjectNode live = decoded(deployments, "{spec: {replicas: 1}}");
        fields(START).update(deployments, null, live, "a", "");
        ObjectNode object = live.deepCopy();
        Meta.child(object, "status").put("replicas", 3);
        fields(START).update(deployments, live, object, "b", "");
        assertThat(owned(object, "b").isMissingNode()).isTrue();
        Meta.child(object, "status").put("replicas", 4);
        fields(START).update(deployments, live, object, "c", "status");
        assertThat(owned(object, "c")).isEqualTo(yaml("{f:status: {f:replicas: {}}}"));
    }

    @Test
    void oldUpdatersAreGathered() {
        ObjectNode live = created("m0", "{data: {k0: '0'}}");
        for (int i = 1; i < 15; i++) {
            ObjectNode next = live.deepCopy();
            Meta.child(next, "data").put("k" + i, "1");
            fields(START.plusSeconds(i)).update(configMaps, live, next, "m" + i, "");
            live = next;
        }
        assertThat(live.path("metadata").path("managedFields")).hasSize(10);
        assertThat(owned(live, "ancient-changes").path("f:data").has("f:k3")).isTrue();
        assertThat(owned(live, "m14")).isEqualTo(yaml("{f:data: {f:k14: {}}}"));
    }

    @Test
    void applierConflictsSharesForcesAndDrops() {
        ObjectNode live = apply(null, "a", false, "{data: {x: '1', y: '1'}}");
        assertThatThrownBy(() -> apply(live, "b", false, "{data: {x: '2'}}"))
                .isInstanceOf(ApiException.class)
                .hasMessage("Apply failed with 1 conflict: conflict with \"a\": .data.x");
        ObjectNode shared = apply(live, "b", false, "{data: {x: '1'}}");
        assertThat(shared.path("metadata").path("managedFields")).hasSize(2);
        ObjectNode dropped = apply(shared, "a", false, "{data: {}}");
        assertThat(dropped.path("data")).isEqualTo(yaml("{x: '1'}"));
        ObjectNode forced = apply(dropped, "c", true, "{data: {x: '3'}}");
        assertThat(owned(forced, "b").isMissingNode()).isTrue();
        assertThat(owned(forced, "c")).isEqualTo(yaml("{f:data: {f:x: {}}}"));
    }

    @Test
    void itemsComeInTheAppliedOrderAndForeignOnesStay() {
        String list = "{spec: {template: {spec: {containers: [%s]}}}}";
        ObjectNode live = apply(deployments, null, "a", false, list.formatted("{name: a}, {name: b}, {name: c}"));
        ObjectNode both = apply(deployments, live, "b", false, list.formatted("{name: x}, {name: b}"));
        JsonNode containers = both.path("spec").path("template").path("spec").path("containers");
        assertThat(containers.findValuesAsText("name")).containsExactly("a", "x", "b", "c");
        ObjectNode less = apply(deployments, both, "a", false, list.formatted("{name: c}"));
        assertThat(less.path("spec")
                        .path("template")
                        .path("spec")
                        .path("containers")
                        .findValuesAsText("name"))
                .containsExactly("x", "b", "c");
    }

    @Test
    void configurationThatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> apply(null, "a", false, "{data: {x: 5}}"))
                .hasMessage("failed to create typed patch object (/o; /v1, Kind=ConfigMap): .data.x:"
                        + " expected string, got &value.valueUnstructured{Value:5}");
        assertThatThrownBy(() -> apply(null, "a", false, "{spec: {}}"))
                .hasMessageEndingWith(".spec: field not declared in schema");
    }

    @Test
    void applyingTwiceIsApplyingOnce() {
        var random = new Random(7);
        ObjectNode live = null;
        for (int round = 0; round < 300; round++) {
            String manager = "m" + random.nextInt(3);
            String patch = randomDeployment(random);
            ObjectNode once = apply(deployments, live, manager, true, patch);
            ObjectNode twice = apply(deployments, once, manager, false, patch);
            assertThat(twice).as("round %d: %s", round, patch).isEqualTo(once);
            live = once;
        }
    }

    private static String randomDeployment(Random random) {
        var containers = new StringBuilder();
        for (String name : List.of("a", "b", "c", "d")) {
            if (random.nextBoolean()) {
                containers
                        .append(containers.isEmpty() ? "" : ", ")
                        .append("{name: ")
                        .append(name)
                        .append(", image: i")
                        .append(random.nextInt(3));
                if (random.nextBoolean()) {
                    containers
                            .append(", ports: [{containerPort: ")
                            .append(80 + random.nextInt(2))
                            .append("}]");
                }
                containers.append('}');
            }
        }
        return "{metadata: {labels: {l" + random.nextInt(3) + ": v" + random.nextInt(2) + "}}, spec: {replicas: "
                + random.nextInt(3) + ", template: {spec: {containers: [" + containers + "]}}}}";
    }

    private ObjectNode created(String manager, String body) {
        ObjectNode object = decoded(configMaps, body);
        fields(START).update(configMaps, null, object, manager, "");
        return object;
    }

    private ObjectNode apply(@Nullable ObjectNode live, String manager, boolean force, String patch) {
        return apply(configMaps, live, manager, force, patch);
    }

    private static ObjectNode apply(
            ApiResource resource, @Nullable ObjectNode live, String manager, boolean force, String patch) {
        ObjectNode configuration = named(resource, patch);
        var request = new ManagedFields.ApplyRequest(resource, "", manager, force);
        return decoded(resource, fields(START).apply(request, live, configuration));
    }

    private static ManagedFields fields(Instant now) {
        return new ManagedFields(Clock.offset(Clock.fixed(now, ZoneOffset.UTC), Duration.ZERO));
    }

    private static JsonNode owned(ObjectNode object, String manager) {
        for (JsonNode entry : object.path("metadata").path("managedFields")) {
            if (entry.path("manager").asText().equals(manager)) {
                return entry.path("fieldsV1");
            }
        }
        return Json.object().path("none");
    }

    private static ObjectNode decoded(ApiResource resource, String body) {
        return decoded(resource, named(resource, body));
    }

    private static ObjectNode decoded(ApiResource resource, ObjectNode tree) {
        try {
            ObjectNode object = new TypedDecoder().decode(resource.schema(), tree);
            object.put("apiVersion", resource.apiVersion()).put("kind", resource.kind());
            resource.strategy().applyDefaults(object);
            return object;
        } catch (DecodeException e) {
            throw new IllegalArgumentException(tree.toString(), e);
        }
    }

    private static ObjectNode named(ApiResource resource, String body) {
        ObjectNode tree = (ObjectNode) yaml(body);
        tree.put("apiVersion", resource.apiVersion()).put("kind", resource.kind());
        Meta.of(tree).put("name", "o");
        return tree;
    }

    private static JsonNode yaml(String text) {
        try {
            return Yaml.read(text.strip().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static ApiResource resource(String apiVersion, String plural) {
        return RESOURCES.stream()
                .filter(resource -> resource.apiVersion().equals(apiVersion)
                        && resource.plural().equals(plural))
                .findFirst()
                .orElseThrow();
    }
}
