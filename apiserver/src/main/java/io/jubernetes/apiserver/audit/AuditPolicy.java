package io.jubernetes.apiserver.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// A policy: the first rule that fits a request says how much of it is written down. Immutable.
public final class AuditPolicy {
    private final List<JsonNode> rules;
    private final Set<Stage> omitted;
    private final boolean omitManagedFields;

    /// How much is written down.
    public enum Level {
        NONE("None"),
        METADATA("Metadata"),
        REQUEST("Request"),
        REQUEST_RESPONSE("RequestResponse");

        private final String text;

        Level(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /// When it is written down.
    public enum Stage {
        REQUEST_RECEIVED("RequestReceived"),
        RESPONSE_STARTED("ResponseStarted"),
        RESPONSE_COMPLETE("ResponseComplete"),
        PANIC("Panic");

        private final String text;

        Stage(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /// What a policy says of one request.
    ///
    /// @param omitted stages that are not written down
    public record Decision(Level level, Set<Stage> omitted, boolean omitManagedFields) {}

    private AuditPolicy(List<JsonNode> rules, Set<Stage> omitted, boolean omitManagedFields) {
        this.rules = List.copyOf(rules);
        this.omitted = Set.copyOf(omitted);
        this.omitManagedFields = omitManagedFields;
    }

    /// Reads a `Policy` of `audit.k8s.io/v1`.
    ///
    /// @throws IOException when it is none; the message says what is wrong
    public static AuditPolicy parse(byte[] yaml) throws IOException {
        JsonNode root = Yaml.read(yaml);
        if (!root.path("kind").asText("").equals("Policy")
                || !root.path("apiVersion").asText("").equals("audit.k8s.io/v1")) {
            throw new IOException("it holds no Policy of audit.k8s.io/v1");
        }
        List<JsonNode> rules = new ArrayList<>();
        root.path("rules").forEach(rules::add);
        if (rules.isEmpty()) {
            throw new IOException("loaded illegal policy with 0 rules");
        }
        for (int i = 0; i < rules.size(); i++) {
            check(rules.get(i), "rules[" + i + "]");
        }
        return new AuditPolicy(
                rules,
                stages(root.path("omitStages")),
                root.path("omitManagedFields").asBoolean(false));
    }

    private static void check(JsonNode rule, String field) throws IOException {
        var _ = level(rule.path("level").asText(""), field);
        var _ = stages(rule.path("omitStages"));
        if (!rule.path("nonResourceURLs").isEmpty()
                && (!rule.path("resources").isEmpty()
                        || !rule.path("namespaces").isEmpty())) {
            throw new IOException(
                    field + ".nonResourceURLs: Invalid value: rules cannot apply to both regular resources and"
                            + " non-resource URLs");
        }
        for (JsonNode url : rule.path("nonResourceURLs")) {
            String text = url.asText();
            boolean anywhere = text.equals("*");
            if (!anywhere && !text.startsWith("/")) {
                throw new IOException(field + ".nonResourceURLs: Invalid value: \"" + text
                        + "\": non-resource URL rules must begin with a '/' character");
            }
            if (!anywhere && text.indexOf('*') >= 0 && text.indexOf('*') < text.length() - 1) {
                throw new IOException(field + ".nonResourceURLs: Invalid value: \"" + text
                        + "\": non-resource URL wildcards '*' must be the final character of the rule");
            }
        }
    }

    private static Level level(String text, String field) throws IOException {
        for (Level level : Level.values()) {
            if (level.toString().equals(text)) {
                return level;
            }
        }
        throw new IOException(field + ".level: "
                + (text.isEmpty() ? "Required value" : "Unsupported value: \"" + text + "\"")
                + ": supported values: \"Metadata\", \"None\", \"Request\", \"RequestResponse\"");
    }

    private static Set<Stage> stages(JsonNode list) throws IOException {
        Set<Stage> stages = EnumSet.noneOf(Stage.class);
        for (JsonNode each : list) {
            Stage found = null;
            for (Stage stage : Stage.values()) {
                found = stage.toString().equals(each.asText()) ? stage : found;
            }
            if (found == null) {
                throw new IOException("omitStages: Invalid value: \"" + each.asText() + "\": allowed stages are"
                        + " RequestReceived,ResponseStarted,ResponseComplete,Panic");
            }
            stages.add(found);
        }
        return stages;
    }

    /// What is written down of a request.
    public Decision decide(UserInfo user, RequestInfo info) {
        for (JsonNode rule : rules) {
            if (fits(rule, user, info)) {
                return decision(rule);
            }
        }
        return new Decision(Level.NONE, omitted, omitManagedFields);
    }

    private Decision decision(JsonNode rule) {
        try {
            Set<Stage> stages = EnumSet.noneOf(Stage.class);
            stages.addAll(omitted);
            stages.addAll(stages(rule.path("omitStages")));
            boolean fields = rule.hasNonNull("omitManagedFields")
                    ? rule.get("omitManagedFields").asBoolean()
                    : omitManagedFields;
            return new Decision(level(rule.path("level").asText(""), ""), stages, fields);
        } catch (IOException e) {
            throw new IllegalStateException("a rule that has been checked is wrong", e);
        }
    }

    private static boolean fits(JsonNode rule, UserInfo user, RequestInfo info) {
        if (!has(rule.path("users"), user.name()) || !has(rule.path("verbs"), info.verb())) {
            return false;
        }
        if (!rule.path("userGroups").isEmpty()
                && user.groups().stream().noneMatch(group -> has(rule.path("userGroups"), group))) {
            return false;
        }
        boolean ofResources =
                !rule.path("resources").isEmpty() || !rule.path("namespaces").isEmpty();
        boolean ofPaths = !rule.path("nonResourceURLs").isEmpty();
        if (ofResources) {
            return info.resourceRequest() && fitsResource(rule, info);
        }
        return !ofPaths || !info.resourceRequest() && fitsPath(rule.path("nonResourceURLs"), info.path());
    }

    /// Whether a list has a value; one that is empty has all.
    private static boolean has(JsonNode list, String value) {
        if (list.isEmpty()) {
            return true;
        }
        for (JsonNode each : list) {
            if (each.asText().equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static boolean fitsPath(JsonNode patterns, String path) {
        for (JsonNode each : patterns) {
            String pattern = each.asText();
            boolean start = pattern.endsWith("*") && path.startsWith(pattern.substring(0, pattern.length() - 1));
            if (start || pattern.equals(path)) {
                return true;
            }
        }
        return false;
    }

    private static boolean fitsResource(JsonNode rule, RequestInfo info) {
        if (!has(rule.path("namespaces"), info.namespace())) {
            return false;
        }
        if (rule.path("resources").isEmpty()) {
            return true;
        }
        String whole = info.subresource().isEmpty() ? info.resource() : info.resource() + "/" + info.subresource();
        for (JsonNode entry : rule.path("resources")) {
            if (!entry.path("group").asText("").equals(info.group())) {
                continue;
            }
            if (entry.path("resources").isEmpty()) {
                return true;
            }
            boolean named = has(entry.path("resourceNames"), info.name());
            for (JsonNode each : entry.path("resources")) {
                String pattern = each.asText();
                boolean fits = pattern.equals(whole)
                        || pattern.equals("*")
                        || pattern.equals("*/" + info.subresource())
                                && !info.subresource().isEmpty()
                        || pattern.endsWith("/*") && pattern.equals(info.resource() + "/*");
                if (fits && named) {
                    return true;
                }
            }
        }
        return false;
    }
}
