package io.jubernetes.apiserver.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.codec.Json;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodTableTest {
    @ParameterizedTest
    @CsvSource({
        "Succeeded, The pod has completed successfully.",
        "Failed, The pod failed.",
    })
    void marksTheRowOfAPodThatHasRunToItsEnd(String phase, String message) {
        var conditions = new PodTable().conditions(Json.parse("{\"status\": {\"phase\": \"" + phase + "\"}}"));

        assertThat(conditions).hasSize(1);
        assertThat(conditions.at("/0/type").asText()).isEqualTo("Completed");
        assertThat(conditions.at("/0/reason").asText()).isEqualTo(phase);
        assertThat(conditions.at("/0/message").asText()).isEqualTo(message);
    }

    @ParameterizedTest
    @CsvSource({"Pending", "Running", "Unknown"})
    void marksNoOther(String phase) {
        assertThat(new PodTable().conditions(Json.parse("{\"status\": {\"phase\": \"" + phase + "\"}}")))
                .isEmpty();
    }
}
