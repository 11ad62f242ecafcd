package io.jubernetes.apiserver.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds for every patch, on random trees: a failing case names its seed.
class PatchRandomTest {
    private static final Schema POD = BuiltinTypes.get().require("core.v1.PodSpec");

    static LongStream seeds() {
        return LongStream.range(0, 300);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theDifferenceAsJsonPatchTurnsOneTreeIntoTheOther(long seed) throws PatchException {
        var random = new Randomness(seed);
        ObjectNode from = random.object(3);
        ObjectNode to = random.object(3);
        ObjectNode before = from.deepCopy();
        ArrayNode operations = Json.MAPPER.createArrayNode();
        difference("", from, to, operations);
        assertThat(JsonPatch.apply(from, operations)).isEqualTo(to);
        assertThat(from).as("the target stays as it is").isEqualTo(before);
    }

    /// The operations that turn one object into another.
    private static void difference(String path, ObjectNode from, ObjectNode to, ArrayNode operations) {
        for (Map.Entry<String, JsonNode> entry : from.properties()) {
            String place = path + "/" + escaped(entry.getKey());
            JsonNode wanted = to.get(entry.getKey());
            operations.addObject().put("op", "test").put("path", place).set("value", entry.getValue());
            if (wanted == null) {
                operations.addObject().put("op", "remove").put("path", place);
            } else if (entry.getValue() instanceof ObjectNode left && wanted instanceof ObjectNode right) {
                difference(place, left, right, operations);
            } else {
                operations.addObject().put("op", "replace").put("path", place).set("value", wanted);
            }
        }
        for (Map.Entry<String, JsonNode> entry : to.properties()) {
            if (!from.has(entry.getKey())) {
                operations
                        .addObject()
                        .put("op", "add")
                        .put("path", path + "/" + escaped(entry.getKey()))
                        .set("value", entry.getValue());
            }
        }
    }

    private static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void arbitraryJsonPatchesEitherApplyOrFailAsPatches(long seed) {
        var random = new Randomness(seed);
        ObjectNode target = random.object(3);
        ObjectNode before = target.deepCopy();
        ArrayNode operations = Json.MAPPER.createArrayNode();
        String[] kinds = {"add", "remove", "replace", "move", "copy", "test", "bogus"};
        for (int i = random.below(5); i >= 0; i--) {
            ObjectNode operation = operations.addObject();
            operation.put("op", kinds[random.below(kinds.length)]);
            operation.put("path", "/" + random.name() + (random.below(2) == 0 ? "/" + random.below(3) : "/-"));
            operation.put("from", "/" + random.name());
            operation.set("value", random.value(1));
        }
        try {
            assertThat(JsonPatch.apply(target, operations)).isNotNull();
        } catch (PatchException e) {
            assertThat(e.problem()).isEqualTo(PatchException.Problem.UNPROCESSABLE);
        }
        assertThat(target).isEqualTo(before);
    }

    @Test
    void copiesCannotBlowAnObjectUp() {
        ObjectNode target = Json.object();
        target.put("a", "x".repeat(100_000));
        ArrayNode operations = Json.MAPPER.createArrayNode();
        for (int i = 0; i < 60; i++) {
            operations.addObject().put("op", "copy").put("from", "").put("path", "/a" + i);
            operations.addObject().put("op", "copy").put("from", "/a").put("path", "/b" + i);
        }
        assertThatThrownBy(() -> JsonPatch.apply(target, operations)).isInstanceOf(PatchException.class);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void mergingTwiceIsMergingOnceAndTheDifferenceLeadsToTheOther(long seed) {
        var random = new Randomness(seed);
        ObjectNode target = random.object(3);
        ObjectNode patch = random.object(3);
        ObjectNode once = MergePatch.apply(target, patch);
        assertThat(MergePatch.apply(once, patch)).isEqualTo(once);

        ObjectNode to = random.object(3);
        assertThat(MergePatch.apply(target, mergeDifference(target, to))).isEqualTo(to);
    }

    private static ObjectNode mergeDifference(ObjectNode from, ObjectNode to) {
        ObjectNode patch = Json.object();
        from.fieldNames().forEachRemaining(name -> {
            if (!to.has(name)) {
                patch.set(name, NullNode.instance);
            }
        });
        to.properties().forEach(entry -> {
            JsonNode before = from.get(entry.getKey());
            if (before instanceof ObjectNode left && entry.getValue() instanceof ObjectNode right) {
                patch.set(entry.getKey(), mergeDifference(left, right));
            } else {
                patch.set(entry.getKey(), entry.getValue());
            }
        });
        return patch;
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void strategicMergeKeepsEveryItemOfAKeyedListExactlyOnce(long seed) throws PatchException {
        var random = new Randomness(seed);
        ObjectNode target = spec(random);
        ObjectNode patch = spec(random);
        ObjectNode merged = StrategicMergePatch.apply(POD, target, patch);

        List<String> wanted = names(target);
        names(patch).stream().filter(name -> !wanted.contains(name)).forEach(wanted::add);
        assertThat(names(merged)).containsExactlyInAnyOrderElementsOf(wanted);
        // Items the patch names come in its order, the others in theirs.
        assertThat(only(names(merged), names(patch))).isEqualTo(names(patch));
        List<String> others = new ArrayList<>(names(target));
        others.removeAll(names(patch));
        assertThat(only(names(merged), others)).isEqualTo(others);
        assertThat(StrategicMergePatch.apply(POD, merged, patch)).isEqualTo(merged);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void anElementOrderDecidesTheOrderOfAll(long seed) throws PatchException {
        var random = new Randomness(seed);
        ObjectNode target = spec(random);
        ObjectNode patch = Json.object();
        ArrayNode order = patch.putArray("$setElementOrder/containers");
        List<String> wanted = new ArrayList<>(names(target));
        java.util.Collections.shuffle(wanted, new java.util.Random(seed));
        wanted.forEach(name -> order.addObject().put("name", name));
        assertThat(names(StrategicMergePatch.apply(POD, target, patch))).isEqualTo(wanted);
    }

    private static ObjectNode spec(Randomness random) {
        ObjectNode spec = Json.object();
        ArrayNode containers = spec.putArray("containers");
        List<String> left = new ArrayList<>(List.of("a", "b", "c", "d", "e"));
        for (int i = 1 + random.below(4); i > 0; i--) {
            String name = left.remove(random.below(left.size()));
            containers.addObject().put("name", name).put("image", "i" + random.below(3));
        }
        return spec;
    }

    private static List<String> names(ObjectNode spec) {
        List<String> names = new ArrayList<>();
        for (Iterator<JsonNode> all = spec.path("containers").elements(); all.hasNext(); ) {
            names.add(all.next().path("name").asText());
        }
        return names;
    }

    private static List<String> only(List<String> list, List<String> kept) {
        return list.stream().filter(kept::contains).toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"$patch\": \"explode\"} | unknown patch type: explode in map: map[$patch:explode]",
                "{\"containers\": [{\"image\": \"x\"}]} | map: map[image:x] does not contain declared merge key: name",
                "{\"containers\": [{\"$patch\": \"merge\"}]} | merging lists cannot yet be specified in the patch",
                "{\"$setElementOrder/containers\": {\"a\": 1}} | expected a []interface {}, but received a map[string]interface {}",
                "{\"containers\": [\"x\"]} | list element types are not identical: [[map[name:a]] [x]]",
            })
    void wrongStrategicPatchesAreNamed(String patch, String message) {
        ObjectNode target = (ObjectNode) Json.parse("{\"containers\": [{\"name\": \"a\"}]}");
        assertThatThrownBy(() -> StrategicMergePatch.apply(POD, target, (ObjectNode) Json.parse(patch)))
                .isInstanceOf(PatchException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"containers\": [{\"name\": \"b\", \"$patch\": \"delete\"}]} | a,c",
                "{\"containers\": [{\"name\": \"z\"}, {\"$patch\": \"replace\"}]} | z",
                "{\"containers\": [{\"name\": \"c\"}, {\"name\": \"a\"}]} | b,c,a",
                "{\"containers\": []} | a,b,c",
                "{\"containers\": null} | ``",
                "{\"$setElementOrder/containers\": [{\"name\": \"c\"}, {\"name\": \"a\"}]} | b,c,a",
            })
    void directivesOfKeyedLists(String patch, String names) throws PatchException {
        ObjectNode target =
                (ObjectNode) Json.parse("{\"containers\": [{\"name\": \"a\"}, {\"name\": \"b\"}, {\"name\": \"c\"}]}");
        ObjectNode merged = StrategicMergePatch.apply(POD, target, (ObjectNode) Json.parse(patch));
        assertThat(String.join(",", names(merged))).isEqualTo(names);
    }
}
