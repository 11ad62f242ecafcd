package io.jubernetes.apiserver.apply;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FieldSetTest {
    private static final List<String> ELEMENTS = List.of(
            "f:a", "f:b", "k:{\"name\":\"x\"}", "k:{\"port\":80,\"protocol\":\"TCP\"}", "v:\"s\"", "v:7", "i:0");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'f:a':{}} | {'f:b':{}} | {'f:a':{},'f:b':{}} | {'f:a':{}} | {}",
                "{'f:a':{'.':{},'f:b':{}}} | {'f:a':{}} | {'f:a':{'.':{},'f:b':{}}} | {'f:a':{'f:b':{}}} | {'f:a':{}}",
                "{'f:a':{'f:b':{}}} | {'f:a':{}} | {'f:a':{'.':{},'f:b':{}}} | {'f:a':{'f:b':{}}} | {}",
            })
    void combines(String left, String right, String union, String difference, String intersection) {
        FieldSet a = set(left);
        FieldSet b = set(right);
        assertThat(a.union(b)).isEqualTo(set(union));
        assertThat(a.difference(b)).isEqualTo(set(difference));
        assertThat(a.intersection(b)).isEqualTo(set(intersection));
    }

    @Test
    void leavesOutWhatLiesBelowAnIgnoredPath() {
        FieldSet set = set("{'f:spec':{'f:a':{}},'f:status':{'.':{},'f:b':{}}}");
        assertThat(set.differenceBelow(FieldSet.ofFields("status"))).isEqualTo(set("{'f:spec':{'f:a':{}}}"));
    }

    @Test
    void writesElementsInOrderAndCanonically() {
        FieldSet set = set("{'v:1':{},'i:3':{},'k:{\"b\":1, \"a\":\"x\"}':{},'f:z':{},'f:a':{}}");
        assertThat(set)
                .hasToString(
                        "{\"f:a\":{},\"f:z\":{},\"k:{\\\"a\\\":\\\"x\\\",\\\"b\\\":1}\":{},\"v:1\":{},\"i:3\":{}}");
        assertThat(set.paths()).containsExactly(".a", ".z", "[a=\"x\",b=1]", "[=1]", "[3]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'x:a':{}}", "{'k:[]':{}}", "{'f:a':1}", "[]", "{'v:{':{}}"})
    void refusesWhatIsNoFieldSet(String json) {
        assertThat(FieldSet.fromJson(Json.parse(json.replace('\'', '"')))).isEmpty();
    }

    @Test
    void randomSetsObeyTheLaws() {
        var random = new Random(20260101);
        for (int round = 0; round < 500; round++) {
            FieldSet a = random(random);
            FieldSet b = random(random);
            FieldSet c = random(random);
            assertThat(FieldSet.fromJson(a.toJson())).as("round %d", round).contains(a);
            assertThat(a.union(b)).as("round %d", round).isEqualTo(b.union(a));
            assertThat(a.union(b).union(c)).as("round %d", round).isEqualTo(a.union(b.union(c)));
            assertThat(a.intersection(b)).as("round %d", round).isEqualTo(b.intersection(a));
            assertThat(a.difference(b).union(a.intersection(b)))
                    .as("round %d", round)
                    .isEqualTo(a);
            assertThat(a.difference(b).intersection(b).isEmpty())
                    .as("round %d", round)
                    .isTrue();
            assertThat(a.difference(b.union(c)))
                    .as("round %d", round)
                    .isEqualTo(a.difference(b).difference(c));
            assertThat(a.difference(a).isEmpty()).as("round %d", round).isTrue();
        }
    }

    private static FieldSet random(Random random) {
        var set = new FieldSet();
        for (int i = random.nextInt(8); i > 0; i--) {
            FieldSet node = set;
            for (int depth = 1 + random.nextInt(4); depth > 0; depth--) {
                node = node.child(ELEMENTS.get(random.nextInt(ELEMENTS.size())));
            }
            node.include();
        }
        return set.prune();
    }

    private static FieldSet set(String json) {
        JsonNode tree = Json.parse(json.replace('\'', '"')
                .replace("\"k:{\"b\":1, \"a\":\"x\"}\"", "\"k:{\\\"b\\\":1, \\\"a\\\":\\\"x\\\"}\""));
        return FieldSet.fromJson(tree).orElseThrow();
    }
}
