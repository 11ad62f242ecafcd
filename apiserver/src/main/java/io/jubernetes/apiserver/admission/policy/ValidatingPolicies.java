package io.jubernetes.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.match.Inputs;
import io.jubernetes.apiserver.admission.match.Matching;
import io.jubernetes.apiserver.admission.match.Requests;
import io.jubernetes.apiserver.admission.policy.ParamFinder.Misconfigured;
import io.jubernetes.apiserver.admission.policy.Policies.Bound;
import io.jubernetes.apiserver.admission.policy.Verdicts.Finding;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.common.codec.Json;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Puts ValidatingAdmissionPolicies to requests: a request that breaks one is refused, warned of or
/// noted in the audit log, as the binding says.
public final class ValidatingPolicies implements AdmissionPlugin {
    private final Policies policies;
    private final ParamFinder params;
    private final Matching matching;
    private final Authorizer authorizer;
    private final PolicyMetrics metrics;

    public ValidatingPolicies(
            ResourceCatalog catalog,
            ObjectStorage storage,
            Matching matching,
            Authorizer authorizer,
            MeterRegistry registry) {
        policies = new Policies(catalog, storage, "validating");
        params = new ParamFinder(catalog, storage);
        metrics = new PolicyMetrics(registry, "validating");
        this.matching = matching;
        this.authorizer = authorizer;
    }

    @Override
    public String name() {
        return "ValidatingAdmissionPolicy";
    }

    /// A reason to refuse.
    private record Denial(String policy, @Nullable String binding, String message, String reason) {
        String shown() {
            return "ValidatingAdmissionPolicy '" + policy + "'"
                    + (binding == null ? "" : " with binding '" + binding + "'") + " denied request: " + message;
        }
    }

    @Override
    public void validate(AdmissionRequest request) {
        List<Denial> denials = new ArrayList<>();
        Map<String, Map<String, Object>> values = new HashMap<>();
        for (Bound bound : policies.of(request)) {
            check(request, bound, values, denials);
        }
        if (!denials.isEmpty()) {
            throw refusal(request, denials.getFirst());
        }
    }

    /// @param values what expressions see, by the version they see it in; all policies share it
    private void check(
            AdmissionRequest request, Bound bound, Map<String, Map<String, Object>> values, List<Denial> denials) {
        Policy policy = bound.policy();
        Map<String, Set<String>> notes = new LinkedHashMap<>();
        try {
            Optional<ApiResource> seenAs = matching.match(policy.criteria(), request);
            if (seenAs.isEmpty()) {
                return;
            }
            if (policy.paramKind() != null) {
                params.resource(policy.paramKind());
            }
            for (Binding binding : bound.bindings()) {
                try {
                    if (binding.criteria() != null
                            && matching.match(binding.criteria(), request).isEmpty()) {
                        continue;
                    }
                    List<Optional<JsonNode>> found = params.find(policy, binding, Requests.namespace(request));
                    for (Optional<JsonNode> param : found) {
                        long start = System.nanoTime();
                        Verdicts verdicts = Verdicts.of(
                                policy,
                                values.computeIfAbsent(seenAs.get().apiVersion(), _ -> values(request, seenAs.get())),
                                param);
                        enforce(
                                request,
                                policy,
                                binding,
                                verdicts,
                                Duration.ofNanos(System.nanoTime() - start),
                                denials);
                        verdicts.annotations()
                                .forEach((key, value) -> notes.computeIfAbsent(key, _ -> new LinkedHashSet<>())
                                        .add(value));
                    }
                } catch (Misconfigured e) {
                    misconfigured(policy, binding, e, denials);
                }
            }
        } catch (Misconfigured | ApiException e) {
            misconfigured(policy, null, e, denials);
        }
        notes.forEach((key, texts) -> request.context().annotate(policy.name() + "/" + key, String.join(", ", texts)));
    }

    private Map<String, Object> values(AdmissionRequest request, ApiResource seenAs) {
        return Inputs.variables(
                request,
                seenAs,
                Requests.seenAs(request, seenAs, request.object()),
                Requests.seenAs(request, seenAs, request.old()),
                matching.namespaceOf(request),
                authorizer);
    }

    private static void misconfigured(
            Policy policy, @Nullable Binding binding, Exception failure, List<Denial> denials) {
        if (!policy.ignore()) {
            denials.add(new Denial(
                    policy.name(),
                    binding == null ? null : binding.name(),
                    "failed to configure " + (binding == null ? "policy" : "binding") + ": " + failure.getMessage(),
                    "Invalid"));
        }
    }

    private void enforce(
            AdmissionRequest request,
            Policy policy,
            Binding binding,
            Verdicts verdicts,
            Duration elapsed,
            List<Denial> denials) {
        if (verdicts.findings().isEmpty()) {
            metrics.checked(policy.name(), binding.name(), "no_error", "allow", elapsed);
        }
        for (Finding finding : verdicts.findings()) {
            String error = finding.error() ? "invalid_error" : "no_error";
            for (String action : finding.annotation() ? List.of("Deny") : binding.actions()) {
                switch (action) {
                    case "Deny" ->
                        denials.add(new Denial(policy.name(), binding.name(), finding.message(), finding.reason()));
                    case "Warn" ->
                        request.context()
                                .warn("Validation failed for ValidatingAdmissionPolicy '" + policy.name()
                                        + "' with binding '" + binding.name() + "': " + finding.message());
                    default -> note(request, policy, binding, finding);
                }
                metrics.checked(
                        policy.name(), binding.name(), error, action.toLowerCase(java.util.Locale.ROOT), elapsed);
            }
        }
    }

    private static void note(AdmissionRequest request, Policy policy, Binding binding, Finding finding) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        ObjectNode failure = list.addObject();
        failure.put("message", finding.message())
                .put("policy", policy.name())
                .put("binding", binding.name())
                .put("expressionIndex", finding.index());
        binding.actions().forEach(failure.putArray("validationActions")::add);
        request.context().annotate("validation.policy.admission.k8s.io/validation_failure", list.toString());
    }

    private static ApiException refusal(AdmissionRequest request, Denial first) {
        ApiException forbidden = request.forbidden(first.shown());
        Requests.addCause(forbidden, first.shown());
        int code = switch (first.reason()) {
            case "Unauthorized" -> 401;
            case "Forbidden" -> 403;
            case "RequestEntityTooLarge" -> 413;
            default -> 422;
        };
        return ApiException.of(code, first.reason(), String.valueOf(forbidden.getMessage()), (ObjectNode)
                forbidden.status().get("details"));
    }
}
