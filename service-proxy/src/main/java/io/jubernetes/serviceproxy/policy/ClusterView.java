package io.jubernetes.serviceproxy.policy;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.jubernetes.common.meta.LabelSelectors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The part of the cluster that policies speak of, at one moment. Immutable.
final class ClusterView {
    private final List<NetworkPolicy> policies;
    private final Map<String, List<PolicyPod>> podsByNamespace;
    private final Map<String, Map<String, String>> namespaces;

    /// @param namespaces the labels of each namespace
    ClusterView(
            Collection<NetworkPolicy> policies,
            Collection<PolicyPod> pods,
            Map<String, Map<String, String>> namespaces) {
        this.policies = List.copyOf(policies);
        this.namespaces = Map.copyOf(namespaces);
        Map<String, List<PolicyPod>> grouped = new HashMap<>();
        pods.forEach(pod ->
                grouped.computeIfAbsent(pod.namespace(), _ -> new ArrayList<>()).add(pod));
        this.podsByNamespace = Map.copyOf(grouped);
    }

    List<NetworkPolicy> policies() {
        return policies;
    }

    List<PolicyPod> pods() {
        return podsByNamespace.values().stream().flatMap(List::stream).toList();
    }

    /// The pods of one namespace that a selector matches.
    List<PolicyPod> pods(String namespace, LabelSelector selector) {
        return podsByNamespace.getOrDefault(namespace, List.of()).stream()
                .filter(pod -> LabelSelectors.matches(selector, pod.labels()))
                .toList();
    }

    /// The pods a peer means.
    ///
    /// @param home the policy's namespace, which is meant when `namespaceSelector` is null
    /// @param podSelector null for all pods of the namespaces
    List<PolicyPod> peers(String home, @Nullable LabelSelector namespaceSelector, @Nullable LabelSelector podSelector) {
        LabelSelector chosen = podSelector == null ? new LabelSelector() : podSelector;
        if (namespaceSelector == null) {
            return pods(home, chosen);
        }
        return namespaces.entrySet().stream()
                .filter(namespace -> LabelSelectors.matches(namespaceSelector, namespace.getValue()))
                .flatMap(namespace -> pods(namespace.getKey(), chosen).stream())
                .toList();
    }
}
