package io.jubernetes.apiserver.admission.policy;

import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.match.CompiledObjects;
import io.jubernetes.apiserver.admission.match.Matching;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The policies of one sort that are in effect: each with its bindings, in the order of their names.
/// Follows the watch caches of both. Thread-safe.
final class Policies {
    /// Resources that ask something and store nothing; policies are not put to them.
    private static final Set<String> QUESTIONS = Set.of(
            "selfsubjectreviews.authentication.k8s.io",
            "tokenreviews.authentication.k8s.io",
            "localsubjectaccessreviews.authorization.k8s.io",
            "selfsubjectaccessreviews.authorization.k8s.io",
            "selfsubjectrulesreviews.authorization.k8s.io",
            "subjectaccessreviews.authorization.k8s.io");

    private final CompiledObjects<Policy> policies;
    private final CompiledObjects<Binding> bindings;
    private volatile @Nullable State state;

    /// A policy in effect.
    record Bound(Policy policy, List<Binding> bindings) {}

    private record State(List<Policy> policies, List<Binding> bindings, List<Bound> bound) {}

    /// @param sort `validating` or `mutating`
    Policies(ResourceCatalog catalog, ObjectStorage storage, String sort) {
        String version = "admissionregistration.k8s.io/v1";
        ApiResource policy = catalog.require(version, sort + "admissionpolicies");
        ApiResource binding = catalog.require(version, sort + "admissionpolicybindings");
        policies = new CompiledObjects<>(storage, policy, Policy::of);
        bindings = new CompiledObjects<>(storage, binding, Binding::of);
    }

    /// The policies a request may have to do with; none for requests that policies have no say in.
    List<Bound> of(AdmissionRequest request) {
        return Matching.isOutOfPoliciesReach(request)
                        || QUESTIONS.contains(request.resource().qualifiedName())
                ? List.of()
                : bound();
    }

    private List<Bound> bound() {
        List<Policy> allPolicies = policies.all();
        List<Binding> allBindings = bindings.all();
        State known = state;
        if (known != null
                && known.policies().equals(allPolicies)
                && known.bindings().equals(allBindings)) {
            return known.bound();
        }
        Map<String, List<Binding>> byPolicy = new HashMap<>();
        allBindings.forEach(binding -> byPolicy.computeIfAbsent(binding.policy(), _ -> new ArrayList<>())
                .add(binding));
        List<Bound> bound = allPolicies.stream()
                .filter(policy -> byPolicy.containsKey(policy.name()))
                .map(policy -> new Bound(policy, byPolicy.getOrDefault(policy.name(), List.of())))
                .toList();
        state = new State(allPolicies, allBindings, bound);
        return bound;
    }
}
