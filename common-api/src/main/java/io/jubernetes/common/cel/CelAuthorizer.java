package io.jubernetes.common.cel;

import static io.jubernetes.common.cel.CelFunctions.as;
import static io.jubernetes.common.cel.CelFunctions.plain;
import static io.jubernetes.common.cel.CelFunctions.text;

import io.jubernetes.common.cel.CelOpaque.Authorization;
import java.util.HashMap;
import java.util.Map;

/// Answers what expressions ask of the `authorizer` variable.
@FunctionalInterface
public interface CelAuthorizer {
    /// What a check costs, so that an expression can make few of them only.
    long CHECK_COST = 350_000;

    /// What is asked.
    ///
    /// @param parts `path`, `group`, `resource`, `subresource`, `namespace`, `name`,
    ///     `fieldSelector`, `labelSelector`,
    ///     `serviceAccount` as `namespace/name`, and `verb`; those that were not given are absent
    record Question(Map<String, String> parts) {
        public String part(String name) {
            return parts.getOrDefault(name, "");
        }
    }

    /// The answer.
    ///
    /// @param error empty when there was none
    record Answer(boolean allowed, String reason, String error) {}

    Answer ask(Question question);

    /// The value of a variable that asks this authorizer.
    default Object value() {
        return new Authorization("Authorizer", new State(this, Map.of()));
    }

    /// The value of a variable that asks this authorizer about one resource.
    ///
    /// @param parts of the question, under the names [Question] has
    default Object resourceValue(Map<String, String> parts) {
        return new Authorization("ResourceCheck", new State(this, parts));
    }

    /// A question in the making.
    record State(CelAuthorizer authorizer, Map<String, String> parts) {
        State with(String part, String value) {
            Map<String, String> more = new HashMap<>(parts);
            more.put(part, value);
            return new State(authorizer, more);
        }
    }

    /// Adds the functions that make up questions.
    static void register(Map<String, CelFunctions.Function> table) {
        step(table, "path", "PathCheck");
        step(table, "group", "GroupCheck");
        step(table, "resource", "ResourceCheck");
        step(table, "subresource", "ResourceCheck");
        step(table, "namespace", "ResourceCheck");
        step(table, "name", "ResourceCheck");
        step(table, "fieldSelector", "ResourceCheck");
        step(table, "labelSelector", "ResourceCheck");
        table.put(
                "serviceAccount",
                plain(args -> new Authorization(
                        "Authorizer", state(args).with("serviceAccount", text(args, 1) + "/" + text(args, 2)))));
        table.put("check", (args, budget) -> {
            budget.spend(CHECK_COST);
            State state = state(args);
            Answer answer = state.authorizer()
                    .ask(new Question(state.with("verb", text(args, 1)).parts()));
            return new Authorization("Decision", answer);
        });
        table.put("allowed", plain(args -> answer(args).allowed()));
        table.put("reason", plain(args -> answer(args).reason()));
        table.put("errored", plain(args -> !answer(args).error().isEmpty()));
        table.put("error", plain(args -> answer(args).error()));
    }

    private static void step(Map<String, CelFunctions.Function> table, String part, String stage) {
        table.put(part, plain(args -> new Authorization(stage, state(args).with(part, text(args, 1)))));
    }

    private static State state(Object[] args) {
        if (as(args, 0, Authorization.class).state() instanceof State state) {
            return state;
        }
        throw CelFailure.noOverload();
    }

    private static Answer answer(Object[] args) {
        if (as(args, 0, Authorization.class).state() instanceof Answer answer) {
            return answer;
        }
        throw CelFailure.noOverload();
    }
}
