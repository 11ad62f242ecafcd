package io.jubernetes.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.common.cel.CelBudget;
import io.jubernetes.common.cel.CelExpressions;
import io.jubernetes.common.cel.CelExpressions.Compiled;
import io.jubernetes.common.cel.CelProgram;
import io.jubernetes.common.cel.CelShape;
import io.jubernetes.common.cel.CelTree;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Makes a user of a token's claims, as one `jwt` entry of an `AuthenticationConfiguration` says. Immutable.
public final class ClaimMapping {
    private static final CelExpressions OF_CLAIMS = over("claims");
    private static final CelExpressions OF_USER = over("user");

    private final Source username;
    private final @Nullable Source groups;
    private final @Nullable Source uid;
    private final Map<String, CelProgram> extra;
    private final List<Rule> claimRules;
    private final List<Rule> userRules;

    /// Where a value comes from: a claim, or an expression over all claims.
    private record Source(
            String claim, String prefix, @Nullable CelProgram expression) {
        JsonNode of(JsonNode claims) {
            return expression == null ? claims.path(claim) : CelTree.tree(run(expression, "claims", claims));
        }
    }

    /// What must hold: a claim's value, or an expression.
    private record Rule(
            String claim, String value, @Nullable CelProgram expression) {
        boolean holds(String variable, JsonNode about) {
            return expression == null
                    ? about.path(claim).asText("").equals(value)
                    : Boolean.TRUE.equals(run(expression, variable, about));
        }
    }

    private ClaimMapping(
            Source username,
            @Nullable Source groups,
            @Nullable Source uid,
            Map<String, CelProgram> extra,
            List<Rule> claimRules,
            List<Rule> userRules) {
        this.username = username;
        this.groups = groups;
        this.uid = uid;
        this.extra = Map.copyOf(extra);
        this.claimRules = List.copyOf(claimRules);
        this.userRules = List.copyOf(userRules);
    }

    private static CelExpressions over(String variable) {
        return CelExpressions.over(Map.of(variable, CelShape.DYN));
    }

    private static Object run(CelProgram program, String variable, JsonNode value) {
        return program.run(Map.of(variable, CelTree.value(value)), new CelBudget(CelBudget.PER_CALL));
    }

    /// @param jwt an entry with `claimMappings`, `claimValidationRules` and `userValidationRules`
    /// @throws IllegalArgumentException when it is wrong; the message says how
    public static ClaimMapping of(JsonNode jwt) {
        JsonNode mappings = jwt.path("claimMappings");
        Source username = source(mappings.path("username"), "claimMappings.username");
        if (username == null) {
            throw new IllegalArgumentException(
                    "claimMappings.username: Required value: claim or expression is required");
        }
        Map<String, CelProgram> extra = new LinkedHashMap<>();
        for (JsonNode each : mappings.path("extra")) {
            extra.put(
                    each.path("key").asText(""),
                    compiled(
                            OF_CLAIMS, each.path("valueExpression").asText(""), "claimMappings.extra.valueExpression"));
        }
        return new ClaimMapping(
                username,
                source(mappings.path("groups"), "claimMappings.groups"),
                source(mappings.path("uid"), "claimMappings.uid"),
                extra,
                rules(jwt.path("claimValidationRules"), OF_CLAIMS, "claimValidationRules"),
                rules(jwt.path("userValidationRules"), OF_USER, "userValidationRules"));
    }

    private static @Nullable Source source(JsonNode node, String field) {
        String claim = node.path("claim").asText("");
        String expression = node.path("expression").asText("");
        if (!claim.isEmpty() && !expression.isEmpty()) {
            throw new IllegalArgumentException(field + ": claim and expression can't both be set");
        }
        if (claim.isEmpty() && expression.isEmpty()) {
            return null;
        }
        return new Source(
                claim,
                node.path("prefix").asText(""),
                expression.isEmpty() ? null : compiled(OF_CLAIMS, expression, field + ".expression"));
    }

    private static List<Rule> rules(JsonNode list, CelExpressions expressions, String field) {
        List<Rule> rules = new ArrayList<>();
        for (JsonNode each : list) {
            String expression = each.path("expression").asText("");
            rules.add(new Rule(
                    each.path("claim").asText(""),
                    each.path("requiredValue").asText(""),
                    expression.isEmpty() ? null : compiled(expressions, expression, field + ".expression")));
        }
        return rules;
    }

    private static CelProgram compiled(CelExpressions expressions, String expression, String field) {
        Compiled compiled = expressions.compile(expression);
        CelProgram program = compiled.program();
        if (program == null) {
            throw new IllegalArgumentException(field + ": Invalid value: " + Json.text(expression)
                    + ": compilation failed: " + compiled.problem());
        }
        return program;
    }

    /// The user; empty when a rule does not hold or there is no name.
    ///
    /// @throws RuntimeException when an expression fails
    Optional<UserInfo> user(JsonNode claims) {
        // An address that nobody has verified proves nothing.
        boolean unverified = username.claim().equals("email")
                && claims.has("email_verified")
                && !claims.path("email_verified").asBoolean(false);
        if (unverified || !claimRules.stream().allMatch(rule -> rule.holds("claims", claims))) {
            return Optional.empty();
        }
        String name = username.of(claims).asText("");
        if (name.isEmpty()) {
            return Optional.empty();
        }
        List<String> all = new ArrayList<>();
        if (groups != null) {
            String prefix = groups.prefix();
            texts(groups.of(claims)).forEach(group -> all.add(prefix + group));
        }
        all.add(UserInfo.AUTHENTICATED_GROUP);
        Map<String, List<String>> more = new LinkedHashMap<>();
        extra.forEach((key, program) -> {
            List<String> values = texts(CelTree.tree(run(program, "claims", claims)));
            if (!values.isEmpty()) {
                more.put(key, values);
            }
        });
        var user = new UserInfo(
                username.prefix() + name, uid == null ? "" : uid.of(claims).asText(""), all, more);
        return userRules.stream().allMatch(rule -> rule.holds("user", shown(user)))
                ? Optional.of(user)
                : Optional.empty();
    }

    /// The texts of a list, or one that stands by itself.
    private static List<String> texts(JsonNode value) {
        List<String> texts = new ArrayList<>();
        if (value.isTextual() && !value.asText().isEmpty()) {
            texts.add(value.asText());
        }
        value.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    private static ObjectNode shown(UserInfo user) {
        ObjectNode shown = Json.object().put("username", user.name()).put("uid", user.uid());
        user.groups().forEach(shown.putArray("groups")::add);
        ObjectNode extra = shown.putObject("extra");
        user.extra().forEach((key, values) -> values.forEach(extra.putArray(key)::add));
        return shown;
    }
}
