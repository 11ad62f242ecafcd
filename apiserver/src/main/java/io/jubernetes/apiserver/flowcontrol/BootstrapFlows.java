package io.jubernetes.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// The flow schemas and priority levels that there are from the start. The mandatory ones are in force even when
/// somebody has deleted their objects.
public final class BootstrapFlows {
    private static final Set<String> MANDATORY = Set.of("exempt", "catch-all");

    private final List<ObjectNode> objects;

    private BootstrapFlows(List<ObjectNode> objects) {
        this.objects = objects;
    }

    static BootstrapFlows read() {
        try (var in = Objects.requireNonNull(BootstrapFlows.class.getResourceAsStream("bootstrap.yaml"))) {
            return new BootstrapFlows(Yaml.readAll(new String(in.readAllBytes(), StandardCharsets.UTF_8)).stream()
                    .map(ObjectNode.class::cast)
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @param kind `FlowSchema` or `PriorityLevelConfiguration`
    List<ObjectNode> of(String kind) {
        return objects.stream()
                .filter(object -> object.path("kind").asText().equals(kind))
                .toList();
    }

    /// What the spec of an object must be.
    ///
    /// @param kind `FlowSchema` or `PriorityLevelConfiguration`
    /// @return empty when it is not mandatory
    public static Optional<JsonNode> mandatorySpec(String kind, String name) {
        return isMandatory(name)
                ? Held.FLOWS.of(kind).stream()
                        .filter(object -> Meta.name(object).equals(name))
                        .findFirst()
                        .map(object -> object.path("spec"))
                : Optional.empty();
    }

    /// For [#mandatorySpec], read at the first use.
    private static final class Held {
        static final BootstrapFlows FLOWS = read();
    }

    /// Whether a name is one whose object must be as it was at the start.
    static boolean isMandatory(String name) {
        return MANDATORY.contains(name);
    }

    List<FlowSchema> mandatorySchemas() {
        return mandatory("FlowSchema").stream().map(FlowSchema::of).toList();
    }

    List<PriorityLevel> mandatoryLevels() {
        return mandatory("PriorityLevelConfiguration").stream()
                .map(PriorityLevel::of)
                .toList();
    }

    private List<ObjectNode> mandatory(String kind) {
        return of(kind).stream()
                .filter(object -> isMandatory(Meta.name(object)))
                .toList();
    }
}
