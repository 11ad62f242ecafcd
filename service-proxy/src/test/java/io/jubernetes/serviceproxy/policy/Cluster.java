package io.jubernetes.serviceproxy.policy;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.jubernetes.serviceproxy.rules.Protocol;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A cluster of four pods in two namespaces, of which `a` is on this machine, and a reader of tables.
final class Cluster {
    private static final Pattern SET = Pattern.compile("@(\\S+)");
    private static final List<PolicyPod> PODS = List.of(
            new PolicyPod(
                    "a",
                    "web",
                    Map.of("app", "web"),
                    List.of("10.244.0.2", "fd00::2"),
                    Set.of(new PolicyPod.NamedPort("http", Protocol.TCP, 8080)),
                    true),
            pod("a", "client", "app: client", "10.244.0.3", true),
            new PolicyPod(
                    "b",
                    "client",
                    Map.of("app", "client"),
                    List.of("10.244.1.2"),
                    Set.of(new PolicyPod.NamedPort("http", Protocol.TCP, 8081)),
                    false),
            pod("b", "other", "app: other", "10.244.1.3", false));

    private Cluster() {}

    static ClusterView of(NetworkPolicy... policies) {
        return new ClusterView(
                Arrays.asList(policies), PODS, Map.of("a", Map.of("team", "a"), "b", Map.of("team", "b")));
    }

    /// A pod without ports.
    ///
    /// @param label `name: value`
    static PolicyPod pod(String namespace, String name, String label, String address, boolean here) {
        String[] parts = label.split(": ", 2);
        return new PolicyPod(namespace, name, Map.of(parts[0], parts[1]), List.of(address), Set.of(), here);
    }

    /// A policy in the namespace `a`.
    ///
    /// @param spec as YAML
    static NetworkPolicy policy(String name, String spec) {
        // Not beginning with a brace, or it would be taken for JSON.
        return Serialization.unmarshal(
                "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: " + name
                        + ", namespace: a}, spec: " + spec + "}",
                NetworkPolicy.class);
    }

    /// What lets packets of a pod's address pass: the rules of each of its policies, with sets written out and without
    /// comments. Empty when the address is not isolated.
    static List<List<String>> allowed(FilterTable table, Direction direction, String address) {
        FilterTable.NamedSet pods = table.sets().get(direction.label() + "-4");
        if (pods == null || !pods.elements().containsKey(address)) {
            return List.of();
        }
        List<String> chain = rules(table, pods.elements().get(address).replace("goto ", ""));
        if (!chain.getLast().equals("counter drop")) {
            throw new AssertionError("not isolated: " + chain);
        }
        return chain.stream()
                .filter(rule -> rule.startsWith("jump "))
                .map(rule -> rules(table, rule.substring(5)).stream()
                        .map(each -> each.replaceAll(" comment .*", ""))
                        .map(each -> writtenOut(table, each))
                        .toList())
                .toList();
    }

    private static List<String> rules(FilterTable table, String chain) {
        List<String> rules = table.chains().get(chain);
        if (rules == null) {
            throw new AssertionError("no chain " + chain);
        }
        return rules;
    }

    private static String writtenOut(FilterTable table, String rule) {
        Matcher matcher = SET.matcher(rule);
        return matcher.replaceAll(found ->
                "{" + String.join(", ", elements(table, found.group(1)).keySet()) + "}");
    }

    /// The elements of a set that must exist.
    static SortedMap<String, String> elements(FilterTable table, String set) {
        FilterTable.NamedSet found = table.sets().get(set);
        if (found == null) {
            throw new AssertionError("no set " + set);
        }
        return found.elements();
    }
}
