package io.jubernetes.serviceproxy.backend.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.rules.Frontend;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProgrammeTest {
    private static final NftSettings SETTINGS = new NftSettings(
            "test", 14, false, List.of("10.244.0.0/16", "fd00:244::/32"), List.of(), true, Optional.empty());
    private static final Target HERE = new Target("10.244.0.2", 8080, Target.Place.HERE);
    private static final Target ELSEWHERE = new Target("10.244.1.2", 8080, Target.Place.ELSEWHERE);

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void differencesAddUpToTheWhole(long seed) {
        var world = new RandomRules(seed);
        for (IpFamily family : IpFamily.values()) {
            var programme = new Programme(SETTINGS, family);
            RuleSet before = RuleSet.EMPTY;
            Map<Item.Id, Item> kernel = new HashMap<>();
            for (int step = 0; step < 20; step++) {
                RuleSet now = world.next();
                var difference = now.since(before);
                carryOut(programme.change(difference.removed(), difference.added()), kernel);
                before = now;

                var fresh = new Programme(SETTINGS, family);
                var whole = now.since(RuleSet.EMPTY);
                fresh.change(whole.removed(), whole.added());
                assertThat(kernel.values()).containsExactlyInAnyOrderElementsOf(fresh.items());
                assertThat(programme.items()).containsExactlyInAnyOrderElementsOf(fresh.items());
            }
            var nothing = RuleSet.EMPTY.since(before);
            carryOut(programme.change(nothing.removed(), nothing.added()), kernel);
            assertThat(kernel).isEmpty();
        }
    }

    /// Does what the kernel would do, and as strictly.
    private static void carryOut(Programme.Change change, Map<Item.Id, Item> kernel) {
        for (Item item : change.removed()) {
            assertThat(kernel.remove(item.id())).as("removed").isEqualTo(item);
        }
        for (Item item : change.added()) {
            assertThat(kernel.put(item.id(), item)).as("in the way").isNull();
        }
    }

    @Test
    void writesAService() {
        assertThat(text(rule("web", 0, Optional.empty(), List.of(HERE, ELSEWHERE))))
                .isEqualTo("""
                add chain ip test pick-2
                add chain ip test cluster-pick-2
                add rule ip test pick-2 meta priority set numgen random mod 2
                add rule ip test pick-2 ct mark set ct mark | 0x00004000
                add rule ip test pick-2 dnat ip to ip daddr . meta l4proto . th dport . meta priority map @endpoints
                add rule ip test cluster-pick-2 ip saddr != { 10.244.0.0/16 } jump mark-masquerade
                add rule ip test cluster-pick-2 goto pick-2
                add element ip test services { 10.96.0.5 . tcp . 80 comment "default/web/tcp/http" : goto cluster-pick-2 }
                add element ip test endpoints { 10.96.0.5 . tcp . 80 . 0:0 : 10.244.0.2 . 8080, 10.96.0.5 . tcp . 80 . 0:1 : 10.244.1.2 . 8080 }
                add element ip test cluster-ips { 10.96.0.5 }
                add element ip test hairpin { 10.244.0.2 . 10.244.0.2 }
                """);
    }

    @Test
    void writesOnlyTheDifference() {
        var programme = new Programme(SETTINGS, IpFamily.IPV4);
        ServiceRule one = rule("web", 0, Optional.empty(), List.of(HERE));
        ServiceRule two = rule("web", 0, Optional.empty(), List.of(HERE, ELSEWHERE));
        programme.change(List.of(), List.of(one));
        // Another Service that shares the chains for one endpoint keeps them alive.
        programme.change(List.of(), List.of(rule("other", 1, Optional.empty(), List.of(HERE))));

        String text = Transaction.of(SETTINGS, IpFamily.IPV4, programme.change(List.of(one), List.of(two)));

        assertThat(text.lines().filter(line -> line.contains(" element ")))
                .containsExactly(
                        "delete element ip test services { 10.96.0.5 . tcp . 80 }",
                        "add element ip test services { 10.96.0.5 . tcp . 80 comment \"default/web/tcp/http\""
                                + " : goto cluster-pick-2 }",
                        "add element ip test endpoints { 10.96.0.5 . tcp . 80 . 0:1 : 10.244.1.2 . 8080 }");
    }

    @Test
    void removesSharedChainsWithTheirLastUser() {
        var programme = new Programme(SETTINGS, IpFamily.IPV4);
        ServiceRule web = rule("web", 0, Optional.empty(), List.of(HERE));
        programme.change(List.of(), List.of(web));

        assertThat(Transaction.of(SETTINGS, IpFamily.IPV4, programme.change(List.of(web), List.of())))
                .contains(
                        "flush chain ip test pick-1\n",
                        "delete chain ip test pick-1\n",
                        "delete element ip test hairpin");
        assertThat(programme.isEmpty()).isTrue();
    }

    @Test
    void keepsClientsByASetForEachEndpoint() {
        String text = text(rule("web", 0, Optional.of(Duration.ofSeconds(90)), List.of(HERE, ELSEWHERE)));

        assertThat(text)
                .containsPattern("add set ip test affinity-\\w+-\\w+-90s \\{ type ipv4_addr; size 65535;"
                        + " flags dynamic,timeout; timeout 90s; }");
        assertThat(text)
                .containsPattern("affinity-\\w+-all ip saddr @affinity-\\w+-\\w+-90s goto affinity-\\w+-\\w+\n");
        assertThat(text).containsPattern("numgen random mod 2 vmap \\{ 0 : goto affinity-\\w+-\\w+, 1 : goto affinity");
        assertThat(text).contains("meta l4proto tcp dnat ip to 10.244.1.2:8080");
        assertThat(text).doesNotContain("add element ip test endpoints");
    }

    @Test
    void refusesOutsideWhatHasNoEndpoints() {
        assertThat(text(withNodePort(List.of(), List.of(), false)))
                .contains("nodeport-refusals { tcp . 30080 comment \"default/web/tcp/http\" : goto refuse }")
                .doesNotContain("add element ip test services");
        assertThat(text(withNodePort(List.of(ELSEWHERE), List.of(), true)))
                .contains("nodeport-refusals { tcp . 30080 comment \"default/web/tcp/http\" : drop }")
                .contains("goto local-nodepick-1 }");
    }

    @Test
    void localPolicyKeepsTheClientsAddress() {
        assertThat(text(withNodePort(List.of(HERE, ELSEWHERE), List.of(HERE), true))
                        .lines()
                        .filter(line -> line.startsWith("add rule ip test local-nodepick-2-nodepick-l1 ")))
                .containsExactly(
                        "add rule ip test local-nodepick-2-nodepick-l1 ip saddr { 10.244.0.0/16 } goto nodepick-2",
                        "add rule ip test local-nodepick-2-nodepick-l1 fib saddr type local jump mark-masquerade",
                        "add rule ip test local-nodepick-2-nodepick-l1 fib saddr type local goto nodepick-2",
                        "add rule ip test local-nodepick-2-nodepick-l1 goto nodepick-l1");
    }

    @Test
    void aServiceWithEndpointsWinsAFrontendAndGivesItBack() {
        var programme = new Programme(SETTINGS, IpFamily.IPV4);
        var builtIn = ServiceRule.internal(
                new RuleName("", "cluster-dns", "dns", Protocol.UDP, IpFamily.IPV4), "10.96.0.10", 53, List.of(HERE));
        var name = new RuleName("kube-system", "kube-dns", "dns", Protocol.UDP, IpFamily.IPV4);
        var empty = ServiceRule.internal(name, "10.96.0.10", 53, List.of());
        var served = ServiceRule.internal(name, "10.96.0.10", 53, List.of(ELSEWHERE));

        programme.change(List.of(), List.of(builtIn, empty));
        assertThat(endpoints(programme)).containsExactly("10.244.0.2 . 8080");
        programme.change(List.of(empty), List.of(served));
        assertThat(endpoints(programme)).containsExactly("10.244.1.2 . 8080");
        programme.change(List.of(served), List.of());
        assertThat(endpoints(programme)).containsExactly("10.244.0.2 . 8080");
    }

    @Test
    void aChangeIsAsLongWithThousandsOfServicesAsWithOne() {
        var few = new Programme(SETTINGS, IpFamily.IPV4);
        var many = new Programme(SETTINGS, IpFamily.IPV4);
        var first = rule("s0", 0, Optional.empty(), List.of(HERE));
        few.change(List.of(), List.of(first, rule("s1", 1, Optional.empty(), List.of(HERE, ELSEWHERE))));
        var rules = java.util.stream.IntStream.range(0, 10_000)
                .mapToObj(
                        i -> rule("s" + i, i, Optional.empty(), i % 2 == 0 ? List.of(HERE) : List.of(HERE, ELSEWHERE)))
                .toList();
        many.change(List.of(), rules);

        var changed = rule("s0", 0, Optional.empty(), List.of(HERE, ELSEWHERE));
        // Among few Services the chains for one endpoint lose their last user; that is all the difference there is.
        String among = Transaction.of(SETTINGS, IpFamily.IPV4, few.change(List.of(first), List.of(changed)));
        String amongMany = Transaction.of(SETTINGS, IpFamily.IPV4, many.change(List.of(first), List.of(changed)));
        assertThat(amongMany.lines().toList())
                .isEqualTo(
                        among.lines().filter(line -> !line.contains(" chain ")).toList());
    }

    @Test
    void udpFlowsToEndpointsThatAreGoneAreForgotten() {
        var name = new RuleName("default", "dns", "dns", Protocol.UDP, IpFamily.IPV4);
        var before = ServiceRule.internal(name, "10.96.0.5", 53, List.of(HERE, ELSEWHERE));
        var after = ServiceRule.internal(name, "10.96.0.5", 53, List.of(HERE));
        var key = ObjectKey.of("default", "dns");
        RuleSet first = RuleSet.EMPTY.with(Map.of(key, List.of(before)));

        assertThat(StaleFlows.of(first.with(Map.of(key, List.of(after))).since(first)))
                .containsExactly(new StaleFlows.Flow(
                        IpFamily.IPV4, new Frontend("10.96.0.5", Protocol.UDP, 53), ELSEWHERE.address()));
        assertThat(StaleFlows.of(first.since(RuleSet.EMPTY))).isEmpty();
    }

    @Test
    void refusesWrongSettings() {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> NftSettings.checkTable("a; flush ruleset"))
                .hasMessageContaining("not a name for an nftables table");
    }

    private static List<String> endpoints(Programme programme) {
        return programme.items().stream()
                .filter(item -> item instanceof Item.Element element && element.container() == Container.ENDPOINTS)
                .map(item -> ((Item.Element) item).value())
                .toList();
    }

    private static String text(ServiceRule rule) {
        return Transaction.of(
                SETTINGS, IpFamily.IPV4, new Programme(SETTINGS, IpFamily.IPV4).change(List.of(), List.of(rule)));
    }

    private static ServiceRule rule(String name, int number, Optional<Duration> affinity, List<Target> targets) {
        return new ServiceRule(
                new RuleName("default", name, "http", Protocol.TCP, IpFamily.IPV4),
                number == 0 ? "10.96.0.5" : "10.97." + number / 250 + "." + (number % 250 + 1),
                80,
                0,
                List.of(),
                List.of(),
                List.of(),
                affinity,
                false,
                false,
                0,
                targets,
                List.of());
    }

    private static ServiceRule withNodePort(List<Target> targets, List<Target> local, boolean externalLocal) {
        return new ServiceRule(
                new RuleName("default", "web", "http", Protocol.TCP, IpFamily.IPV4),
                "10.96.0.5",
                80,
                30_080,
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                false,
                externalLocal,
                0,
                targets,
                local);
    }
}
