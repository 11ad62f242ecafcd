package io.jubernetes.serviceproxy.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What each part of a policy becomes. The rules are read back by following the verdict maps, so that hashes in names
/// do
/// not matter.
class PolicyCompilerTest {
    /// @param rules what the chain of the one policy that selects the pod `web` says, sets written out
    record Case(String name, String policy, Direction direction, List<String> rules) {
        String type() {
            return direction == Direction.INGRESS ? "Ingress" : "Egress";
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final String WEB = "10.244.0.2";

    static Stream<Case> cases() {
        return Stream.of(
                ingress("no rules: nothing gets in", "ingress: []", List.of()),
                ingress("a rule without peers and ports: everything gets in", "ingress: [{}]", List.of("accept")),
                ingress(
                        "pods of the same namespace by label",
                        "ingress: [{from: [{podSelector: {matchLabels: {app: client}}}]}]",
                        List.of("ip saddr {10.244.0.3} accept")),
                ingress(
                        "all pods of the same namespace",
                        "ingress: [{from: [{podSelector: {}}]}]",
                        List.of("ip saddr {10.244.0.2, 10.244.0.3} accept", "ip6 saddr {fd00::2} accept")),
                ingress(
                        "all pods of namespaces by label",
                        "ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}}]}]",
                        List.of("ip saddr {10.244.1.2, 10.244.1.3} accept")),
                ingress(
                        "pods of namespaces: both must match",
                        "ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}, podSelector: {matchLabels: {app:"
                                + " client}}}]}]",
                        List.of("ip saddr {10.244.1.2} accept")),
                ingress(
                        "two peers: either may match",
                        "ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}}, {podSelector: {matchLabels:"
                                + " {app: client}}}]}]",
                        List.of("ip saddr {10.244.1.2, 10.244.1.3} accept", "ip saddr {10.244.0.3} accept")),
                ingress(
                        "expressions",
                        "ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values:"
                                + " [b]}]}, podSelector: {matchExpressions: [{key: app, operator: Exists}]}}]}]",
                        List.of("ip saddr {10.244.0.2, 10.244.0.3} accept", "ip6 saddr {fd00::2} accept")),
                ingress(
                        "peers that nobody is let nobody in",
                        "ingress: [{from: [{podSelector: {matchLabels: {app: nobody}}}]}]",
                        List.of()),
                ingress(
                        "a range of addresses",
                        "ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]",
                        List.of("ip saddr 192.0.2.0/24 accept")),
                ingress(
                        "a range with exceptions",
                        "ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.1/32, 192.0.2.128/25]}}]}]",
                        List.of("ip saddr 192.0.2.0/24 ip saddr != { 192.0.2.1/32, 192.0.2.128/25 } accept")),
                ingress(
                        "a range of the other family",
                        "ingress: [{from: [{ipBlock: {cidr: '2001:db8::/64', except: ['2001:db8::1/128']}}]}]",
                        List.of("ip6 saddr 2001:db8::/64 ip6 saddr != { 2001:db8::1/128 } accept")),
                ingress("a port; TCP is meant", "ingress: [{ports: [{port: 80}]}]", List.of("tcp dport { 80 } accept")),
                ingress(
                        "ports and ranges by protocol",
                        "ingress: [{ports: [{port: 53, protocol: UDP}, {port: 8000, endPort: 8080}, {port: 80}, {port: 7,"
                                + " protocol: SCTP}]}]",
                        List.of(
                                "tcp dport { 8000-8080, 80 } accept",
                                "udp dport { 53 } accept",
                                "sctp dport { 7 } accept")),
                ingress(
                        "all ports of a protocol",
                        "ingress: [{ports: [{protocol: UDP}]}]",
                        List.of("meta l4proto udp accept")),
                ingress(
                        "a port by name is each pod's own number",
                        "ingress: [{ports: [{port: http}]}]",
                        List.of(
                                "ip daddr . meta l4proto . th dport {10.244.0.2 . tcp . 8080, 10.244.1.2 . tcp . 8081}"
                                        + " accept",
                                "ip6 daddr . meta l4proto . th dport {fd00::2 . tcp . 8080} accept")),
                ingress(
                        "a name that no port has lets nobody in",
                        "ingress: [{ports: [{port: nothing}]}, {ports: [{port: http, protocol: UDP}]}]",
                        List.of()),
                ingress(
                        "peers and ports of one rule belong together",
                        "ingress: [{from: [{podSelector: {matchLabels: {app: client}}}, {ipBlock: {cidr: 192.0.2.0/24}}],"
                                + " ports: [{port: 80}, {protocol: UDP}]}]",
                        List.of(
                                "ip saddr {10.244.0.3} meta l4proto udp accept",
                                "ip saddr {10.244.0.3} tcp dport { 80 } accept",
                                "ip saddr 192.0.2.0/24 meta l4proto udp accept",
                                "ip saddr 192.0.2.0/24 tcp dport { 80 } accept")),
                ingress(
                        "a name and a peer of different families never meet",
                        "ingress: [{from: [{ipBlock: {cidr: '2001:db8::/64'}}], ports: [{port: http}]}]",
                        List.of("ip6 saddr 2001:db8::/64 ip6 daddr . meta l4proto . th dport {fd00::2 . tcp . 8080}"
                                + " accept")),
                egress("nothing gets out", "egress: []", List.of()),
                egress(
                        "peers are where packets go to",
                        "egress: [{to: [{podSelector: {matchLabels: {app: client}}}, {ipBlock: {cidr: 10.0.0.0/8, except:"
                                + " [10.96.0.0/12]}}], ports: [{port: 80}]}]",
                        List.of(
                                "ip daddr {10.244.0.3} tcp dport { 80 } accept",
                                "ip daddr 10.0.0.0/8 ip daddr != { 10.96.0.0/12 } tcp dport { 80 } accept")),
                egress(
                        "a port by name is that of the pods that are asked",
                        "egress: [{to: [{namespaceSelector: {matchLabels: {team: b}}}], ports: [{port: http}]}]",
                        List.of(
                                "ip daddr {10.244.1.2, 10.244.1.3} ip daddr . meta l4proto . th dport {10.244.0.2 . tcp ."
                                        + " 8080, 10.244.1.2 . tcp . 8081} accept")),
                ingress(
                        "what cannot be understood lets nobody in",
                        "ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/99}}]}, {}]",
                        List.of()),
                ingress(
                        "a name that is not one cannot become a rule",
                        "ingress: [{ports: [{port: '\"; flush ruleset'}]}, {}]",
                        List.of()));
    }

    private static Case ingress(String name, String spec, List<String> rules) {
        return new Case(name, spec, Direction.INGRESS, rules);
    }

    private static Case egress(String name, String spec, List<String> rules) {
        return new Case(name, spec, Direction.EGRESS, rules);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void writesWhatAPolicyAllows(Case c) {
        FilterTable table = PolicyCompiler.compile(Cluster.of(Cluster.policy(
                "it",
                "{podSelector: {matchLabels: {app: web}}, policyTypes: [" + c.type() + "], " + c.policy() + "}")));

        assertThat(Cluster.allowed(table, c.direction(), WEB)).containsExactly(c.rules());
    }

    @Test
    void theTypesOfAPolicyFollowFromItsRulesWhenItNamesNone() {
        FilterTable plain = PolicyCompiler.compile(Cluster.of(Cluster.policy("it", "{podSelector: {}}")));
        assertThat(Cluster.allowed(plain, Direction.INGRESS, WEB)).containsExactly(List.of());
        assertThat(Cluster.allowed(plain, Direction.EGRESS, WEB)).isEmpty();

        FilterTable both = PolicyCompiler.compile(Cluster.of(Cluster.policy("it", "{podSelector: {}, egress: [{}]}")));
        assertThat(Cluster.allowed(both, Direction.INGRESS, WEB)).containsExactly(List.of());
        assertThat(Cluster.allowed(both, Direction.EGRESS, WEB)).containsExactly(List.of("accept"));
    }

    @Test
    void policiesOfOnePodAddUp() {
        FilterTable table = PolicyCompiler.compile(Cluster.of(
                Cluster.policy("deny", "{podSelector: {}}"),
                Cluster.policy("one", "{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}"),
                Cluster.policy("two", "{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 81}]}]}")));

        assertThat(Cluster.allowed(table, Direction.INGRESS, WEB))
                .containsExactlyInAnyOrder(
                        List.of(), List.of("tcp dport { 80 } accept"), List.of("tcp dport { 81 } accept"));
        assertThat(Cluster.allowed(table, Direction.INGRESS, "10.244.0.3")).containsExactly(List.of());
    }

    @Test
    void onlyPodsOfThisMachineInTheNamespaceOfThePolicyAreIsolated() {
        FilterTable table = PolicyCompiler.compile(Cluster.of(Cluster.policy("it", "{podSelector: {}}")));

        assertThat(Cluster.elements(table, "ingress-4")).containsOnlyKeys(WEB, "10.244.0.3");
        assertThat(Cluster.elements(table, "ingress-6")).containsOnlyKeys("fd00::2");
    }

    @Test
    void withoutPoliciesForItsPodsAMachineHasNoTable() {
        assertThat(PolicyCompiler.compile(Cluster.of())).isEqualTo(FilterTable.NONE);
        assertThat(PolicyCompiler.compile(
                        Cluster.of(Cluster.policy("it", "{podSelector: {matchLabels: {app: nobody}}}"))))
                .isEqualTo(FilterTable.NONE);
    }

    @Test
    void aPodThatComesIsOneElementMoreHoweverManyThereAre() {
        var policy = Cluster.policy(
                "it", "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}");
        List<PolicyPod> pods = new ArrayList<>(IntStream.range(0, 5000)
                .mapToObj(i -> Cluster.pod("a", "p" + i, "app: p", "10.245." + i / 250 + "." + (i % 250 + 1), true))
                .toList());
        pods.add(Cluster.pod("a", "web", "app: web", WEB, true));
        FilterTable before = PolicyCompiler.compile(new ClusterView(List.of(policy), pods, Map.of("a", Map.of())));
        pods.add(Cluster.pod("a", "new", "app: p", "10.246.0.1", false));
        FilterTable after = PolicyCompiler.compile(new ClusterView(List.of(policy), pods, Map.of("a", Map.of())));

        assertThat(after.since(before, "t")).matches("add element inet t peers-\\w+-4 \\{ 10.246.0.1 }\n");
    }
}
