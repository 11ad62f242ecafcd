package io.jubernetes.apiserver.registry.certificates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.SignerRules;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Certificate signing requests: what is asked for never changes, and whether it is approved changes through the
/// subresource `approval` only.
public final class CertificateSigningRequestStrategy extends CheckedStrategy {
    private static final List<String> DECISIONS = List.of("Approved", "Denied", "Failed");
    private static final List<String> USAGES = List.of(
            "any",
            "cert sign",
            "client auth",
            "code signing",
            "content commitment",
            "crl sign",
            "data encipherment",
            "decipher only",
            "digital signature",
            "email protection",
            "encipher only",
            "ipsec end system",
            "ipsec tunnel",
            "ipsec user",
            "key agreement",
            "key encipherment",
            "microsoft sgc",
            "netscape sgc",
            "ocsp signing",
            "s/mime",
            "server auth",
            "signing",
            "timestamping");
    private static final Table TABLE = Columns.named()
            .age()
            .text("SignerName", item -> item.path("spec").path("signerName").asText(""))
            .text("Requestor", item -> item.path("spec").path("username").asText(""))
            .text("RequestedDuration", CertificateSigningRequestStrategy::duration)
            .text("Condition", CertificateSigningRequestStrategy::condition);

    private final Clock clock;

    public CertificateSigningRequestStrategy(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Names names() {
        return Names.PATH_SEGMENT;
    }

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public void prepareForUpdate(ObjectNode item, ObjectNode old) {
        super.prepareForUpdate(item, old);
        item.set("spec", old.path("spec").deepCopy());
    }

    @Override
    public void prepareForStatusUpdate(ObjectNode item, ObjectNode old) {
        super.prepareForStatusUpdate(item, old);
        keepDecisions(item, old);
        stampConditions(Meta.child(item, "status"), old.path("status"), clock);
    }

    /// Decisions that are repeated stay as they were taken, times included.
    private static void keepDecisions(ObjectNode item, ObjectNode old) {
        for (String type : List.of("Approved", "Denied")) {
            List<JsonNode> now = of(item.path("status").path("conditions"), type);
            List<JsonNode> before = of(old.path("status").path("conditions"), type);
            for (int i = 0; now.size() == before.size() && i < now.size(); i++) {
                ((ObjectNode) now.get(i)).removeAll().setAll((ObjectNode)
                        before.get(i).deepCopy());
            }
        }
    }

    @Override
    public void prepareForSubresource(String subresource, ObjectNode item, ObjectNode old) {
        if (!subresource.equals("approval")) {
            return;
        }
        JsonNode conditions = item.path("status").path("conditions");
        item.set("spec", old.path("spec").deepCopy());
        ObjectNode status =
                old.get("status") instanceof ObjectNode before ? before.deepCopy() : Meta.child(item, "status");
        item.set("status", status);
        if (conditions.isArray()) {
            status.set("conditions", conditions);
        } else {
            status.remove("conditions");
        }
        stampConditions(status, old.path("status"), clock);
    }

    /// Sets the times of conditions that came without.
    static void stampConditions(ObjectNode status, JsonNode old, Clock clock) {
        String now = ApiTime.seconds(clock.instant());
        for (ObjectNode condition : Meta.items(status, "conditions")) {
            if (!condition.hasNonNull("lastUpdateTime")) {
                condition.put("lastUpdateTime", now);
            }
            if (!condition.hasNonNull("lastTransitionTime")) {
                String time = now;
                for (JsonNode before : old.path("conditions")) {
                    if (before.path("type").equals(condition.path("type"))
                            && before.path("status").equals(condition.path("status"))
                            && before.hasNonNull("lastTransitionTime")) {
                        time = before.path("lastTransitionTime").asText();
                    }
                }
                condition.put("lastTransitionTime", time);
            }
        }
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        for (ObjectNode condition : Meta.items(item.path("status"), "conditions")) {
            Meta.defaultTo(condition, "status", "True");
        }
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        PemRules.checkRequest(spec.get("request"));
        Field signer = spec.get("signerName");
        SignerRules.check(signer);
        if (signer.text().equals("kubernetes.io/legacy-unknown")) {
            signer.invalid("the legacy signerName is not allowed via this API version");
        }
        Field expiration = spec.get("expirationSeconds");
        if (expiration.isSet() && expiration.number() < 600) {
            expiration.invalid("may not specify a duration less than 600 seconds (10 minutes)");
        }
        Field usages = spec.get("usages");
        if (usages.isEmpty()) {
            usages.required("");
        }
        Set<String> seen = new HashSet<>();
        for (Field usage : usages.items()) {
            if (!USAGES.contains(usage.text())) {
                usage.notSupported(USAGES);
            }
            if (!seen.add(usage.text())) {
                usage.duplicate(usage.text());
            }
        }
        checkStatus(item);
    }

    private static void checkStatus(Field item) {
        Field status = item.get("status");
        Set<String> types = new HashSet<>();
        for (Field condition : status.get("conditions").items()) {
            Field type = condition.get("type");
            if (type.isEmpty()) {
                type.required("");
            }
            Field state = condition.get("status");
            if (state.isEmpty()) {
                state.required("");
            } else if (DECISIONS.contains(type.text())) {
                state.requireOneOf(List.of("True"));
            } else {
                state.requireOneOf(List.of("False", "True", "Unknown"));
            }
            if (!types.add(type.text()) && !type.isEmpty()) {
                type.duplicate(type.text());
            }
        }
        if (types.contains("Approved") && types.contains("Denied")) {
            status.get("conditions").invalid("Denied", "Approved and Denied conditions are mutually exclusive");
        }
        if (!status.get("certificate").isEmpty()) {
            PemRules.checkCertificate(status.get("certificate"));
        }
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        checkDecisionsKept(item, old);
        Field certificate = item.get("status").get("certificate");
        if (!Meta.same(certificate.value(), old.get("status").get("certificate").value())) {
            certificate.forbidden("updates may not set certificate content");
        }
    }

    @Override
    protected void checkStatusUpdate(Field item, Field old) {
        check(item);
        checkDecisionsKept(item, old);
        checkDecisionsTakenElsewhere(item, old);
        Field certificate = item.get("status").get("certificate");
        Field before = old.get("status").get("certificate");
        if (!before.isEmpty() && !Meta.same(certificate.value(), before.value())) {
            certificate.forbidden("updates may not modify existing certificate content");
        }
    }

    private static void checkDecisionsKept(Field item, Field old) {
        Field conditions = item.get("status").get("conditions");
        for (String type : DECISIONS) {
            List<JsonNode> now = of(conditions.value(), type);
            List<JsonNode> before = of(old.get("status").get("conditions").value(), type);
            if (before.size() > now.size()) {
                conditions.forbidden("updates may not remove a condition of type \"" + type + "\"");
            }
        }
    }

    /// Decisions are taken through the subresource `approval`.
    private static void checkDecisionsTakenElsewhere(Field item, Field old) {
        Field conditions = item.get("status").get("conditions");
        for (String type : List.of("Approved", "Denied")) {
            List<JsonNode> now = of(conditions.value(), type);
            List<JsonNode> before = of(old.get("status").get("conditions").value(), type);
            if (now.size() > before.size()) {
                conditions.forbidden("updates may not add a condition of type \"" + type + "\"");
            } else if (now.size() == before.size() && !now.equals(before)) {
                conditions.forbidden("updates may not modify a condition of type \"" + type + "\"");
            }
        }
    }

    private static List<JsonNode> of(JsonNode conditions, String type) {
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode condition : conditions) {
            if (condition.path("type").asText("").equals(type)) {
                found.add(condition);
            }
        }
        return found;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode item) {
        return Map.of("spec.signerName", item.path("spec").path("signerName").asText(""));
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String duration(JsonNode item) {
        JsonNode seconds = item.path("spec").path("expirationSeconds");
        return seconds.isNumber() ? Columns.duration(Duration.ofSeconds(seconds.asLong())) : "<none>";
    }

    private static String condition(JsonNode item) {
        Set<String> types = new HashSet<>();
        item.path("status")
                .path("conditions")
                .forEach(condition -> types.add(condition.path("type").asText("")));
        List<String> shown = new ArrayList<>();
        if (types.contains("Denied")) {
            shown.add("Denied");
        } else if (types.contains("Approved")) {
            shown.add("Approved");
        } else {
            shown.add("Pending");
        }
        if (types.contains("Failed")) {
            shown.add("Failed");
        }
        if (!item.path("status").path("certificate").asText("").isEmpty()) {
            shown.add("Issued");
        }
        return shown.stream().collect(Collectors.joining(","));
    }
}
