package io.jubernetes.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.webhook.ConfiguredWebhook;
import io.jubernetes.common.cel.CelBudget;
import io.jubernetes.common.cel.CelExpressions;
import io.jubernetes.common.cel.CelProgram;
import io.jubernetes.common.cel.CelShape;
import io.jubernetes.common.cel.CelTree;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks another server by subject access reviews whether a user may. Its answers are kept for a while. Thread-safe.
public final class WebhookAuthorizer implements Authorizer {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookAuthorizer.class);
    private static final CelExpressions EXPRESSIONS = CelExpressions.over(Map.of("request", CelShape.DYN));
    private static final int MAX_KEPT = 8192;

    private final ConfiguredWebhook webhook;
    private final Settings settings;
    private final List<CelProgram> conditions;
    private final InstantSource clock;
    private final Map<String, Known> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > MAX_KEPT;
        }
    }; // guarded by itself

    private record Known(long untilMillis, Decision decision) {}

    /// @param version of the reviews, `v1` or `v1beta1`
    /// @param allowedFor how long a yes is kept
    /// @param deniedFor how long a no is kept
    /// @param denyOnFailure whether nobody may while the server does not answer; else others are asked
    public record Settings(
            String version, Duration timeout, Duration allowedFor, Duration deniedFor, boolean denyOnFailure) {}

    /// @param conditions expressions over `request`; the server is asked only when all of them hold
    /// @throws IllegalArgumentException when one does not compile
    public WebhookAuthorizer(
            ConfiguredWebhook webhook, Settings settings, List<String> conditions, InstantSource clock) {
        this.webhook = webhook;
        this.settings = settings;
        this.clock = clock;
        List<CelProgram> programs = new ArrayList<>();
        for (String condition : conditions) {
            var compiled = EXPRESSIONS.compile(condition);
            if (compiled.program() == null) {
                throw new IllegalArgumentException("matchConditions.expression: Invalid value: " + Json.text(condition)
                        + ": compilation failed: " + compiled.problem());
            }
            programs.add(compiled.require());
        }
        this.conditions = List.copyOf(programs);
    }

    @Override
    public Decision authorize(Attributes asked) {
        ObjectNode spec = spec(asked);
        try {
            if (!matches(spec)) {
                return Decision.NO_OPINION;
            }
        } catch (RuntimeException e) {
            LOG.error("a match condition of the authorization webhook fails: {}", e.getMessage());
            return failed();
        }
        String key = spec.toString();
        synchronized (known) {
            Known found = known.get(key);
            if (found != null && clock.millis() < found.untilMillis()) {
                return found.decision();
            }
        }
        Decision decision;
        try {
            decision = ask(spec);
        } catch (IOException e) {
            LOG.error("the authorization webhook gave no answer: {}", e.getMessage());
            return failed();
        }
        Duration kept = decision.allowed() ? settings.allowedFor() : settings.deniedFor();
        synchronized (known) {
            known.put(key, new Known(clock.millis() + kept.toMillis(), decision));
        }
        return decision;
    }

    private Decision failed() {
        return settings.denyOnFailure()
                ? new Decision(Verdict.DENY, "the authorization webhook gave no answer")
                : Decision.NO_OPINION;
    }

    private boolean matches(JsonNode spec) {
        for (CelProgram condition : conditions) {
            Object holds = condition.run(Map.of("request", CelTree.value(spec)), new CelBudget(CelBudget.PER_CALL));
            if (!Boolean.TRUE.equals(holds)) {
                return false;
            }
        }
        return true;
    }

    private Decision ask(ObjectNode spec) throws IOException {
        ObjectNode review = Json.object();
        review.put("kind", "SubjectAccessReview").put("apiVersion", "authorization.k8s.io/" + settings.version());
        review.putObject("metadata").putNull("creationTimestamp");
        review.set("spec", spec);
        JsonNode status = webhook.review(review, settings.timeout()).path("status");
        String reason = status.path("reason").asText("");
        boolean allowed = status.path("allowed").asBoolean(false);
        boolean denied = status.path("denied").asBoolean(false);
        if (allowed && denied) {
            throw new IOException("the answer says both allowed and denied");
        }
        return new Decision(denied ? Verdict.DENY : allowed ? Verdict.ALLOW : Verdict.NO_OPINION, reason);
    }

    private static ObjectNode spec(Attributes asked) {
        ObjectNode spec = Json.object();
        if (asked.resourceRequest()) {
            ObjectNode resource = spec.putObject("resourceAttributes");
            put(resource, "namespace", asked.namespace());
            put(resource, "verb", asked.verb());
            put(resource, "group", asked.group());
            put(resource, "version", asked.version());
            put(resource, "resource", asked.resource());
            put(resource, "subresource", asked.subresource());
            put(resource, "name", asked.name());
        } else {
            spec.putObject("nonResourceAttributes").put("path", asked.path()).put("verb", asked.verb());
        }
        spec.put("user", asked.user().name());
        asked.user().groups().forEach(spec.putArray("groups")::add);
        if (!asked.user().extra().isEmpty()) {
            ObjectNode extra = spec.putObject("extra");
            asked.user().extra().forEach((key, values) -> values.forEach(extra.withArray(key)::add));
        }
        put(spec, "uid", asked.user().uid());
        return spec;
    }

    private static void put(ObjectNode object, String field, String value) {
        if (!value.isEmpty()) {
            object.put(field, value);
        }
    }
}
