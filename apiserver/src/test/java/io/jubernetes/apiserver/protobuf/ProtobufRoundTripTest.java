package io.jubernetes.apiserver.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.TypedDecoder;
import io.jubernetes.common.codec.Json;
import io.kubernetes.client.proto.V1;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Objects survive the way into protobuf and back, for all kinds there are.
class ProtobufRoundTripTest {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    static Stream<Arguments> types() {
        return Stream.of(
                        "core.v1.Pod",
                        "core.v1.Service",
                        "core.v1.Node",
                        "core.v1.Secret",
                        "core.v1.ConfigMap",
                        "core.v1.Event",
                        "core.v1.PersistentVolume",
                        "apps.v1.Deployment",
                        "apps.v1.StatefulSet",
                        "batch.v1.CronJob",
                        "autoscaling.v2.HorizontalPodAutoscaler",
                        "networking.v1.Ingress",
                        "networking.v1.NetworkPolicy",
                        "rbac.v1.ClusterRole",
                        "coordination.v1.Lease",
                        "discovery.v1.EndpointSlice",
                        "policy.v1.PodDisruptionBudget",
                        "storage.v1.StorageClass",
                        "certificates.v1.CertificateSigningRequest",
                        "admissionregistration.v1.ValidatingAdmissionPolicy",
                        "flowcontrol.v1.FlowSchema",
                        "resource.v1.ResourceClaim",
                        "meta.v1.DeleteOptions",
                        "meta.v1.Status")
                .flatMap(type -> Stream.iterate(0L, seed -> seed + 1).limit(8).map(seed -> Arguments.of(type, seed)));
    }

    @ParameterizedTest(name = "{0}, seed {1}")
    @MethodSource("types")
    void objectsSurviveTheWayThereAndBack(String type, long seed) throws IOException, DecodeException {
        Schema schema = BuiltinTypes.get().require(type);
        ObjectNode object = decoded(schema, (ObjectNode) random(schema, new Random(seed), 7));
        object.remove("kind");
        object.remove("apiVersion");
        byte[] message = ProtobufEncoder.message(schema, object);
        ObjectNode back = decoded(schema, ProtobufDecoder.decode(schema, message));
        assertThat(sorted(back)).isEqualTo(sorted(object));
    }

    private static ObjectNode decoded(Schema schema, ObjectNode tree) throws DecodeException {
        return new TypedDecoder().decode(schema, tree);
    }

    private static String sorted(JsonNode tree) throws IOException {
        Object plain = Json.MAPPER.treeToValue(tree, Object.class);
        return Json.MAPPER
                .writer(com.fasterxml.jackson.databind.SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .writeValueAsString(plain);
    }

    private static JsonNode random(Schema schema, Random random, int depth) {
        return switch (schema.type()) {
            case STRUCT -> {
                ObjectNode object = NODES.objectNode();
                for (Schema.Field field : schema.fields().values()) {
                    // Kind and version are no part of messages, not even of objects within objects.
                    if (schema.field("metadata") != null
                            && List.of("kind", "apiVersion").contains(field.name())) {
                        continue;
                    }
                    boolean deep = field.schema().type() == Schema.Type.STRUCT
                            || field.schema().type() == Schema.Type.LIST
                            || field.schema().type() == Schema.Type.MAP;
                    if (random.nextInt(deep ? 4 : 2) == 0 && (depth > 0 || !deep)) {
                        object.set(field.name(), random(field.schema(), random, depth - 1));
                    }
                }
                yield object;
            }
            case MAP -> {
                ObjectNode map = NODES.objectNode();
                map.set("k" + random.nextInt(3), random(schema.element(), random, depth - 1));
                yield map;
            }
            case LIST -> {
                ArrayNode list = NODES.arrayNode();
                for (int i = 1 + random.nextInt(2); i > 0; i--) {
                    list.add(random(schema.element(), random, depth - 1));
                }
                yield list;
            }
            case STRING -> NODES.textNode("text-é" + random.nextInt(5));
            case BOOL -> NODES.booleanNode(random.nextBoolean());
            case INT32, INT64 -> NODES.numberNode(random.nextInt(7) - 1);
            case DOUBLE -> NODES.numberNode(random.nextInt(3) + 0.5);
            case BYTES -> NODES.textNode(Base64.getEncoder().encodeToString(new byte[] {1, (byte) random.nextInt(9)}));
            case TIME -> NODES.textNode("2026-01-0" + (1 + random.nextInt(8)) + "T03:04:05Z");
            case MICRO_TIME -> NODES.textNode("2026-01-02T03:04:05.00000" + random.nextInt(9) + "Z");
            case QUANTITY -> NODES.textNode(random.nextInt(9) + "Gi");
            case INT_OR_STRING ->
                random.nextBoolean() ? NODES.numberNode(random.nextInt(9)) : NODES.textNode(random.nextInt(9) + "%");
            case RAW, ANY, FREE -> NODES.objectNode().put("f:x", random.nextInt(3));
        };
    }

    @Test
    void theOfficialClientReadsWhatIsWritten() throws InvalidProtocolBufferException, IOException, DecodeException {
        Schema schema = BuiltinTypes.get().require("core.v1.Pod");
        ObjectNode pod = decoded(schema, (ObjectNode)
                Json.parse("{\"metadata\": {\"name\": \"p\", \"labels\": {\"b\": \"2\", \"a\": \"1\"}},"
                        + " \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"i\","
                        + " \"resources\": {\"limits\": {\"cpu\": \"2\"}}, \"livenessProbe\": {\"httpGet\": {\"port\": \"web\"}}}],"
                        + " \"volumes\": [{\"name\": \"v\", \"emptyDir\": {}}]}}"));
        byte[] wire = ProtobufEncoder.envelope("v1", "Pod", ProtobufEncoder.message(schema, pod));
        ProtobufDecoder.Envelope envelope = ProtobufDecoder.open(wire);
        assertThat(envelope.kind()).isEqualTo("Pod");
        V1.Pod read = V1.Pod.parseFrom(envelope.raw());
        V1.Container container = read.getSpec().getContainers(0);
        assertThat(read.getMetadata().getLabelsMap()).containsEntry("a", "1").containsEntry("b", "2");
        assertThat(container.getResources().getLimitsOrThrow("cpu").getString()).isEqualTo("2");
        assertThat(container
                        .getLivenessProbe()
                        .getHandler()
                        .getHttpGet()
                        .getPort()
                        .getStrVal())
                .isEqualTo("web");
        assertThat(read.getSpec().getVolumes(0).getVolumeSource().hasEmptyDir()).isTrue();
        assertThat(read.getMetadata().hasGeneration())
                .as("plain zeros are written")
                .isTrue();
        assertThat(read.getMetadata().hasDeletionTimestamp()).isFalse();
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void damagedMessagesAreRefusedAndNothingElseHappens(long seed) throws DecodeException {
        Schema schema = BuiltinTypes.get().require("core.v1.Pod");
        var random = new Random(seed);
        byte[] message = ProtobufEncoder.message(schema, decoded(schema, (ObjectNode) random(schema, random, 7)));
        for (int i = 0; i < 50; i++) {
            byte[] damaged = message.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                assertThat(ProtobufDecoder.decode(schema, damaged)).isNotNull();
            } catch (IOException e) {
                assertThat(e).hasMessageNotContaining("Exception");
            }
        }
        assertThatThrownBy(() -> ProtobufDecoder.open(new byte[] {1, 2, 3})).isInstanceOf(IOException.class);
    }
}
