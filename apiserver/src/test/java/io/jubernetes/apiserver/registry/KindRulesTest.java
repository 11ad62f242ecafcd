package io.jubernetes.apiserver.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.validation.MetadataRules;
import io.jubernetes.common.codec.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The rules of the kinds as a table, see `kind-rules.txt`: an object, perhaps a change of it, and every message a user
/// gets.
class KindRulesTest {
    /// @param change a merge of top-level fields into the object; null when it is being created
    record Case(String kind, ObjectNode object, @Nullable ObjectNode change, List<String> messages) {
        @Override
        public String toString() {
            return kind + " " + object + (change == null ? "" : " -> " + change);
        }
    }

    static Stream<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        try (var in = Objects.requireNonNull(KindRulesTest.class.getResourceAsStream("kind-rules.txt"));
                var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            String kind = "";
            for (String line : reader.lines().toList()) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                if (line.startsWith("  ! ")) {
                    cases.getLast().messages().add(line.substring(4));
                } else if (line.startsWith("  ")) {
                    String[] parts = line.strip().split(" => ");
                    cases.add(new Case(
                            kind,
                            (ObjectNode) Json.parse(parts[0]),
                            parts.length > 1 ? (ObjectNode) Json.parse(parts[1]) : null,
                            new ArrayList<>()));
                } else {
                    kind = line.strip();
                }
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void answersWithEveryMessage(Case rule) {
        Strategy strategy = Strategies.of(rule.kind());
        ObjectNode object = complete(rule.object(), strategy);
        List<Cause> causes = new ArrayList<>();
        ObjectNode change = rule.change();
        if (change == null) {
            strategy.prepareForCreate(object);
            causes.addAll(MetadataRules.validate(object, strategy.names(), false));
            causes.addAll(strategy.validate(object));
        } else {
            ObjectNode changed = object.deepCopy();
            change.properties().forEach(entry -> changed.set(entry.getKey(), entry.getValue()));
            Meta.of(changed).put("resourceVersion", "1");
            strategy.applyDefaults(changed);
            strategy.prepareForUpdate(changed, object);
            causes.addAll(strategy.validate(changed));
            causes.addAll(strategy.validateUpdate(changed, object));
        }
        assertThat(causes.stream().map(cause -> cause.field() + ": " + cause.message()))
                .containsExactlyElementsOf(rule.messages());
    }

    private static ObjectNode complete(ObjectNode object, Strategy strategy) {
        ObjectNode result = object.deepCopy();
        Meta.defaultTo(Meta.of(result), "name", "x");
        strategy.applyDefaults(result);
        return result;
    }
}
