package io.jubernetes.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import io.jubernetes.common.codec.Json;
import org.junit.jupiter.api.Test;

class GoShapeTest {
    @Test
    void showsAllFieldsOfAStruct() {
        assertThat(GoShape.of("core.v1.ServicePort", Json.parse("{\"port\":80,\"protocol\":\"TCP\"}")))
                .hasToString("{\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,\"Port\":80,\"TargetPort\":0,"
                        + "\"NodePort\":0}");
    }

    @Test
    void showsNestedStructsByTheirOwnShapes() {
        assertThat(GoShape.of(
                        "core.v1.VolumeNodeAffinity",
                        Json.parse("{\"required\":{\"nodeSelectorTerms\":[{\"matchFields\":"
                                + "[{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"m\"]}]}]}}")))
                .hasToString("{\"Required\":{\"NodeSelectorTerms\":[{\"MatchExpressions\":null,\"MatchFields\":"
                        + "[{\"Key\":\"metadata.name\",\"Operator\":\"In\",\"Values\":[\"m\"]}]}]}}");
    }

    @Test
    void showsAnAbsentStructWithItsZeroValues() {
        assertThat(GoShape.of("rbac.v1.RoleRef", MissingNode.getInstance()))
                .hasToString("{\"APIGroup\":\"\",\"Kind\":\"\",\"Name\":\"\"}");
    }

    @Test
    void showsAChangeAsUnifiedDiff() {
        var before = Json.parse("{\"accessModes\":[\"ReadWriteOnce\"],\"volumeMode\":\"Filesystem\","
                + "\"storageClassName\":\"slow\",\"resources\":{\"requests\":{\"storage\":\"1Gi\"}}}");
        var after = Json.parse("{\"accessModes\":[\"ReadWriteMany\"],\"volumeMode\":\"Filesystem\","
                + "\"storageClassName\":\"slow\",\"resources\":{\"requests\":{\"storage\":\"1Gi\"}}}");
        assertThat(TextDiff.of(
                        GoShape.of("core.v1.PersistentVolumeClaimSpec", before),
                        GoShape.of("core.v1.PersistentVolumeClaimSpec", after)))
                .isEqualTo("""
                        @@ -1,6 +1,6 @@
                         {
                          "AccessModes": [
                        -  "ReadWriteOnce"
                        +  "ReadWriteMany"
                          ],
                          "Selector": null,
                          "Resources": {
                        """);
    }

    @Test
    void equalValuesHaveNoDiff() {
        assertThat(TextDiff.of(Json.parse("[1,2]"), Json.parse("[1,2]"))).isEmpty();
    }
}
