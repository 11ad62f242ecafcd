package io.jubernetes.common.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.jubernetes.common.controller.EventCorrelator.Decision;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class EventCorrelatorTest {
    private final EventCorrelator correlator = new EventCorrelator();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    private Decision decide(String name, String message) {
        var object = new ObjectReferenceBuilder()
                .withKind("Pod")
                .withNamespace("ns")
                .withName(name)
                .withUid("uid-" + name)
                .build();
        return correlator.decide(new EventCorrelator.Occurrence(object, null, "Normal", "Pulled", "", message, now));
    }

    @Test
    void anEqualEventIsCounted() {
        var first = (Decision.Create) decide("a", "m");
        assertThat(first.name()).startsWith("a.");
        assertThat(decide("a", "m")).isEqualTo(new Decision.Count(first.slot(), first.name(), "m", 2));
        assertThat(decide("b", "m")).isInstanceOf(Decision.Create.class);
        correlator.forget(first.slot());
        assertThat(decide("a", "m")).isInstanceOf(Decision.Create.class);
    }

    @Test
    void manyMessagesOfOneReasonAreCombined() {
        for (int i = 0; i < 10; i++) {
            assertThat(decide("a", "message " + i)).isInstanceOf(Decision.Create.class);
        }
        assertThat(decide("a", "message 10"))
                .isInstanceOfSatisfying(
                        Decision.Create.class,
                        create -> assertThat(create.message()).isEqualTo("(combined from similar events): message 10"));
        assertThat(decide("a", "message 11")).isInstanceOf(Decision.Count.class);
        now = now.plusSeconds(601);
        assertThat(decide("a", "message 12"))
                .isInstanceOfSatisfying(
                        Decision.Create.class,
                        create -> assertThat(create.message()).isEqualTo("message 12"));
    }

    @Test
    void aNoisyObjectIsSlowedDown() {
        for (int i = 0; i < 25; i++) {
            assertThat(decide("a", "m")).isNotInstanceOf(Decision.Drop.class);
        }
        assertThat(decide("a", "m")).isInstanceOf(Decision.Drop.class);
        now = now.plusSeconds(301);
        assertThat(decide("a", "m")).isInstanceOf(Decision.Count.class);
        assertThat(decide("a", "m")).isInstanceOf(Decision.Drop.class);
    }
}
