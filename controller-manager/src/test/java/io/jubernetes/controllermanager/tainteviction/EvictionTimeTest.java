package io.jubernetes.controllermanager.tainteviction;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EvictionTimeTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:10:00Z");
    private static final Taint LOST = new Taint("NoExecute", "lost", "2026-01-01T00:00:00Z", null);

    record Case(
            String name,
            List<Taint> taints,
            List<Toleration> tolerations,
            @Nullable Instant expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Toleration tolerate(String key, @Nullable Long seconds) {
        return new Toleration("NoExecute", key, "Exists", seconds, null);
    }

    static Stream<Case> cases() {
        Instant added = Instant.parse("2026-01-01T00:00:00Z");
        return Stream.of(
                new Case("no taints", List.of(), List.of(), null),
                new Case("other effect", List.of(new Taint("NoSchedule", "lost", null, null)), List.of(), null),
                new Case("not tolerated", List.of(LOST), List.of(), NOW),
                new Case("tolerated for ever", List.of(LOST), List.of(tolerate("lost", null)), null),
                new Case(
                        "tolerated for a time", List.of(LOST), List.of(tolerate("lost", 900L)), added.plusSeconds(900)),
                new Case(
                        "the shorter time counts",
                        List.of(LOST),
                        List.of(tolerate("lost", 900L), tolerate("lost", 700L)),
                        added.plusSeconds(700)),
                new Case("below zero is at once", List.of(LOST), List.of(tolerate("lost", -5L)), added),
                new Case(
                        "one of two is not tolerated",
                        List.of(LOST, new Taint("NoExecute", "full", null, null)),
                        List.of(tolerate("lost", 900L)),
                        NOW),
                new Case(
                        "everything is tolerated",
                        List.of(LOST),
                        List.of(new Toleration(null, null, "Exists", null, null)),
                        null));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void leaves(Case c) {
        assertThat(EvictionTime.of(c.taints(), c.tolerations(), NOW).orElse(null))
                .isEqualTo(c.expected());
    }
}
