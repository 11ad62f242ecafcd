package io.jubernetes.apiserver.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypedDecoderTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // numbers of the declared width stay, others do not fit
                "core.v1.ServicePort | {\"port\": 80} | {\"port\": 80}",
                "core.v1.ServicePort | {\"port\": 80, \"targetPort\": \"web\"} | {\"port\": 80, \"targetPort\": \"web\"}",
                // what the encoding omits: nulls, empty texts, zeros, empty lists
                "core.v1.Container | {\"name\": \"a\", \"image\": \"\", \"args\": [], \"env\": null} | {\"name\": \"a\"}",
                "core.v1.Probe | {\"periodSeconds\": 0} | {}",
                // a pointer's zero is something else than its absence
                "apps.v1.DeploymentSpec | {\"replicas\": 0} | {\"replicas\": 0}",
                // canonical quantities and times
                "core.v1.ResourceRequirements | {\"limits\": {\"cpu\": \"1000m\", \"memory\": 1024}} | {\"limits\": {\"cpu\": \"1\", \"memory\": \"1024\"}}",
                "core.v1.ContainerStateRunning | {\"startedAt\": \"2026-01-02T03:04:05+01:00\"} | {\"startedAt\": \"2026-01-02T02:04:05Z\"}",
                // null values of maps become empty
                "core.v1.ConfigMap | {\"data\": {\"a\": null}} | {\"data\": {\"a\": \"\"}}",
            })
    void bringsValuesIntoTheFormTheApiShows(String type, String given, String wanted) throws DecodeException {
        ObjectNode decoded = decode(type, given);
        Json.parse(wanted)
                .properties()
                .forEach(entry -> assertThat(decoded.path(entry.getKey()).toString())
                        .isEqualTo(entry.getValue().toString()));
        Json.parse(given).properties().forEach(entry -> {
            if (!Json.parse(wanted).has(entry.getKey())) {
                assertThat(decoded.has(entry.getKey())).as(entry.getKey()).isFalse();
            }
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "core.v1.ServicePort | {\"port\": \"80\"} | json: cannot unmarshal string into Go struct field ServicePort.port of type int32",
                "core.v1.ServicePort | {\"port\": 80.5} | json: cannot unmarshal number 80.5 into Go struct field ServicePort.port of type int32",
                "core.v1.ServicePort | {\"port\": 99999999999} | json: cannot unmarshal number 99999999999 into Go struct field ServicePort.port of type int32",
                "core.v1.ConfigMap | {\"data\": \"x\"} | json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string",
                "core.v1.ConfigMap | {\"data\": {\"a\": 5}} | json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
                "core.v1.ConfigMap | {\"metadata\": {\"labels\": []}} | json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
                "core.v1.ConfigMap | {\"binaryData\": {\"a\": \"!!\"}} | illegal base64 data at input byte 0",
                "coordination.v1.LeaseSpec | {\"renewTime\": \"2026-01-02T03:04:05.5Z\"} | parsing time \"2026-01-02T03:04:05.5Z\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \".5Z\" as \".000000\"",
                "coordination.v1.LeaseSpec | {\"renewTime\": \"2026-01-02T03:04:05Z\"} | parsing time \"2026-01-02T03:04:05Z\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"Z\" as \".000000\"",
                "coordination.v1.LeaseSpec | {\"renewTime\": \"soon\"} | parsing time \"soon\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"soon\" as \"2006\"",
                "core.v1.ResourceRequirements | {\"limits\": {\"cpu\": \"much\"}} | quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            })
    void namesTheFieldThatDoesNotFit(String type, String given, String message) {
        assertThatThrownBy(() -> decode(type, given))
                .isInstanceOf(DecodeException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"data\": \"x\"} | cannot restore map from string",
                "{\"data\": []} | cannot restore map from slice",
                "{\"metadata\": {\"finalizers\": {\"a\": 1}}} | cannot restore slice from map",
                "{\"metadata\": 5} | cannot restore struct from: int64",
                "{\"immutable\": \"x\"} | unrecognized type: bool",
                "{\"data\": {\"a\": 5}} | cannot convert int64 to string",
            })
    void saysWhatAStrategicMergeCannotRestore(String given, String message) {
        assertThatThrownBy(() -> decode("core.v1.ConfigMap", given))
                .isInstanceOfSatisfying(
                        DecodeException.class,
                        failure -> assertThat(failure.restoring()).isEqualTo(message));
    }

    @Test
    void keepsAListWithoutItemsForItsOwnerButNotForTheStore() throws DecodeException {
        ObjectNode limits = decode("core.v1.LimitRange", "{\"spec\": {\"limits\": []}}");
        ObjectNode slice = decode("discovery.v1.EndpointSlice", "{\"endpoints\": [], \"ports\": null}");
        ObjectNode policy = decode("networking.v1.NetworkPolicy", "{\"spec\": {\"egress\": []}}");

        assertThat(limits.at("/spec/limits").isArray()).isTrue();
        assertThat(slice.get("endpoints").isArray()).isTrue();
        assertThat(slice.get("ports").isNull()).isTrue();
        assertThat(policy.path("spec").has("egress")).isFalse();
        EmptyLists.settle(BuiltinTypes.get().require("core.v1.LimitRange"), limits);
        EmptyLists.settle(BuiltinTypes.get().require("discovery.v1.EndpointSlice"), slice);
        assertThat(limits.at("/spec/limits").isNull()).isTrue();
        assertThat(slice.get("endpoints").isNull()).isTrue();
    }

    @Test
    void remembersUnknownFieldsInTheOrderOfTheDocument() throws DecodeException {
        var decoder = new TypedDecoder();
        decoder.decode(BuiltinTypes.get().require("core.v1.Pod"), (ObjectNode)
                Json.parse("{\"zz\": 1, \"spec\": {\"containers\": [{\"x\": 1}, {\"name\": \"b\", \"y\": {}}]},"
                        + " \"metadata\": {\"foo\": 1}, \"a\": 1}"));
        assertThat(decoder.unknownFields())
                .containsExactly("zz", "spec.containers[0].x", "spec.containers[1].y", "metadata.foo", "a");
    }

    private static ObjectNode decode(String type, String json) throws DecodeException {
        return new TypedDecoder().decode(BuiltinTypes.get().require(type), (ObjectNode) Json.parse(json));
    }
}
