package io.jubernetes.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.Reinvocation;
import io.jubernetes.apiserver.admission.match.Conditions;
import io.jubernetes.apiserver.admission.match.Evaluation;
import io.jubernetes.apiserver.admission.match.Evaluation.Failure;
import io.jubernetes.apiserver.admission.match.Evaluation.OutOfBudget;
import io.jubernetes.apiserver.admission.match.Evaluation.Value;
import io.jubernetes.apiserver.admission.match.Inputs;
import io.jubernetes.apiserver.admission.match.Matching;
import io.jubernetes.apiserver.admission.match.Requests;
import io.jubernetes.apiserver.admission.policy.ParamFinder.Misconfigured;
import io.jubernetes.apiserver.admission.policy.Patches.NotApplicable;
import io.jubernetes.apiserver.admission.policy.Policies.Bound;
import io.jubernetes.apiserver.admission.policy.Policy.Mutation;
import io.jubernetes.apiserver.admission.policy.Policy.Step;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Lets MutatingAdmissionPolicies change the objects of requests, in the order of the policies'
/// names. A policy that cannot be evaluated refuses the request, unless it says otherwise.
public final class MutatingPolicies implements AdmissionPlugin {
    private static final String NAME = "MutatingAdmissionPolicy";

    private final Policies policies;
    private final ParamFinder params;
    private final Matching matching;
    private final Authorizer authorizer;
    private final PolicyMetrics metrics;

    public MutatingPolicies(
            ResourceCatalog catalog,
            ObjectStorage storage,
            Matching matching,
            Authorizer authorizer,
            MeterRegistry registry) {
        policies = new Policies(catalog, storage, "mutating");
        params = new ParamFinder(catalog, storage);
        metrics = new PolicyMetrics(registry, "mutating");
        this.matching = matching;
        this.authorizer = authorizer;
    }

    @Override
    public String name() {
        return NAME;
    }

    /// A policy to be put to a request, with one set of parameters.
    private record Invocation(Policy policy, Binding binding, ApiResource seenAs, Optional<JsonNode> params) {
        String key() {
            return policy.name() + "/" + binding.name() + "/"
                    + params.map(found -> Meta.namespace(found) + "/" + Meta.name(found))
                            .orElse("");
        }
    }

    /// A reason to refuse.
    ///
    /// @param reason of the answer; empty for the usual one
    private record Problem(Policy policy, @Nullable Binding binding, String message, String reason) {
        String shown() {
            return binding == null
                    ? "policy \"" + policy.name() + "\" denied request: " + message
                    : "policy '" + policy.name() + "' with binding '" + binding.name() + "' denied request: " + message;
        }
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (request.object() == null || request.operation() == AdmissionRequest.Operation.DELETE) {
            return;
        }
        List<Problem> problems = new ArrayList<>();
        List<Invocation> invocations = new ArrayList<>();
        policies.of(request).forEach(bound -> invocations.addAll(invocations(request, bound, problems)));
        if (!invocations.isEmpty()) {
            invoke(request, invocations, problems);
        }
        List<Problem> fatal =
                problems.stream().filter(problem -> !problem.policy().ignore()).toList();
        if (!fatal.isEmpty()) {
            throw refusal(request, fatal);
        }
    }

    private List<Invocation> invocations(AdmissionRequest request, Bound bound, List<Problem> problems) {
        List<Invocation> invocations = new ArrayList<>();
        Policy policy = bound.policy();
        try {
            Optional<ApiResource> seenAs = matching.match(policy.criteria(), request);
            if (seenAs.isEmpty()) {
                return List.of();
            }
            if (policy.paramKind() != null) {
                params.resource(policy.paramKind());
            }
            for (Binding binding : bound.bindings()) {
                try {
                    if (binding.criteria() == null
                            || matching.match(binding.criteria(), request).isPresent()) {
                        params.find(policy, binding, Requests.namespace(request))
                                .forEach(
                                        found -> invocations.add(new Invocation(policy, binding, seenAs.get(), found)));
                    }
                } catch (Misconfigured e) {
                    problems.add(new Problem(policy, binding, "failed to configure binding: " + e.getMessage(), ""));
                }
            }
        } catch (Misconfigured | ApiException e) {
            problems.add(new Problem(policy, null, "failed to configure policy: " + e.getMessage(), ""));
        }
        return invocations;
    }

    private void invoke(AdmissionRequest request, List<Invocation> invocations, List<Problem> problems) {
        Reinvocation rounds = request.reinvocation();
        Reinvocation.Track track = rounds.track(NAME);
        if (rounds.isAgain() && track.isChanged(request.object())) {
            track.changed();
        }
        ObjectNode namespace = matching.namespaceOf(request);
        for (Invocation invocation : invocations) {
            if (rounds.isAgain() && !track.isDue(invocation.key())) {
                continue;
            }
            long start = System.nanoTime();
            String problem = null;
            ObjectNode before = Objects.requireNonNull(request.object()).deepCopy();
            try {
                if (!wanted(request, invocation)) {
                    continue;
                }
                for (Step step : invocation.policy().steps()) {
                    if (step instanceof Mutation mutation) {
                        mutate(request, invocation, mutation, namespace);
                    }
                }
            } catch (NotApplicable e) {
                problem = String.valueOf(e.getMessage());
                problems.add(new Problem(invocation.policy(), invocation.binding(), problem, "Invalid"));
            }
            if (!before.equals(request.object())) {
                track.changed();
                rounds.want();
            }
            if (invocation.policy().again()) {
                track.called(invocation.key());
            }
            metrics.checked(
                    invocation.policy().name(),
                    invocation.binding().name(),
                    problem == null ? "no_error" : "invalid_error",
                    problem == null ? "allow" : "deny",
                    Duration.ofNanos(System.nanoTime() - start));
        }
        track.leave(request.object());
    }

    private Map<String, Object> values(
            AdmissionRequest request, Invocation invocation, @Nullable ObjectNode namespace) {
        Map<String, Object> values = Inputs.variables(
                request,
                invocation.seenAs(),
                Requests.seenAs(request, invocation.seenAs(), request.object()),
                Requests.seenAs(request, invocation.seenAs(), request.old()),
                namespace,
                authorizer);
        if (invocation.policy().paramKind() != null) {
            values.put("params", Inputs.value(invocation.params().orElse(null)));
        }
        return values;
    }

    private boolean wanted(AdmissionRequest request, Invocation invocation) throws NotApplicable {
        return switch (invocation.policy().conditions().evaluate(values(request, invocation, null))) {
            case Conditions.Holds _ -> true;
            case Conditions.Excluded _ -> false;
            case Conditions.Failed(var message, var _) -> {
                if (invocation.policy().ignore()) {
                    yield false;
                }
                throw new NotApplicable(message);
            }
        };
    }

    private void mutate(
            AdmissionRequest request, Invocation invocation, Mutation mutation, @Nullable ObjectNode namespace)
            throws NotApplicable {
        var evaluation = new Evaluation(
                values(request, invocation, namespace), invocation.policy().variables(), Evaluation.POLICY_BUDGET);
        ApiResource seenAs = invocation.seenAs();
        ObjectNode object = Objects.requireNonNull(Requests.seenAs(request, seenAs, request.object()));
        try {
            switch (evaluation.run(mutation.expression(), mutation.patch())) {
                case Failure(var message) -> throw new NotApplicable(message);
                case Value(var value) -> {
                    ObjectNode patched = mutation.json()
                            ? Patches.operations(request, seenAs, object, value)
                            : Patches.part(request, seenAs, object, value);
                    Requests.replace(request, patched);
                }
            }
        } catch (OutOfBudget e) {
            throw new NotApplicable(String.valueOf(e.getMessage()));
        }
    }

    private static ApiException refusal(AdmissionRequest request, List<Problem> problems) {
        ApiException forbidden = request.forbidden("admission request denied by policy");
        problems.forEach(problem -> Requests.addCause(forbidden, problem.shown()));
        Problem first = problems.getFirst();
        return ApiException.of(403, first.reason().isEmpty() ? "Forbidden" : first.reason(), first.shown(), (ObjectNode)
                forbidden.status().get("details"));
    }
}
