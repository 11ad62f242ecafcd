package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What becomes of the objects of the start when somebody has changed them.
class FlowObjectsTest {
    private static final String ANNOTATION = "apf.kubernetes.io/autoupdate-spec";
    private static final BootstrapFlows BOOTSTRAP = BootstrapFlows.read();

    private static ObjectNode bootstrap(String kind, String name) {
        return BOOTSTRAP.of(kind).stream()
                .filter(object -> Meta.name(object).equals(name))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "global-default, true, 5, true, 9900",
        "global-default, false, 1, false, 7",
        "global-default, , 1, true, 9900", // nobody has ever changed the spec
        "global-default, , 2, false, 7",
        "global-default, perhaps, 2, false, 7",
        "catch-all, false, 3, true, 10000", // mandatory
        "catch-all, , 3, true, 10000",
    })
    void theAnnotationSaysWhoseTheSpecIs(
            String name, String annotation, int generation, String annotationAfter, int precedenceAfter) {
        ObjectNode wanted = bootstrap("FlowSchema", name);
        ObjectNode present = wanted.deepCopy();
        Meta.child(present, "spec").put("matchingPrecedence", 7);
        Meta.of(present).put("generation", generation).remove("annotations");
        if (annotation != null) {
            Meta.child(Meta.of(present), "annotations").put(ANNOTATION, annotation);
        }
        ObjectNode after = FlowObjects.wanted(wanted, present);
        assertThat(Meta.annotations(after)).containsEntry(ANNOTATION, annotationAfter);
        assertThat(after.path("spec").path("matchingPrecedence").asInt()).isEqualTo(precedenceAfter);
        assertThat(FlowObjects.wanted(wanted, after)).isEqualTo(after);
    }

    @Test
    void theShareOfTheExemptLevelIsTheAdministrators() {
        ObjectNode wanted = bootstrap("PriorityLevelConfiguration", "exempt");
        ObjectNode present = wanted.deepCopy();
        Meta.child(Meta.child(present, "spec"), "exempt").put("nominalConcurrencyShares", 11);
        assertThat(FlowObjects.wanted(wanted, present)).isEqualTo(present);
    }
}
