package io.jubernetes.serviceproxy.backend.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The rules in a real kernel, with real clients, in network namespaces made for it.
class NftablesBackendTest {
    private static final String TABLE = "jubernetes-test";
    private static final String VIP = "10.96.0.5";
    private static final ObjectKey WEB = ObjectKey.of("default", "web");

    @TempDir
    private static Path directory;

    private static Netns net;
    private static String pod0;
    private static String pod1;

    private final NftSettings settings =
            new NftSettings(TABLE, 14, false, List.of("10.244.0.0/16"), List.of(), true, Optional.empty());
    private NftablesBackend backend;

    @BeforeAll
    static void createNetwork() throws Exception {
        net = Netns.create();
        pod0 = net.pod(0, directory);
        pod1 = net.pod(1, directory);
    }

    @AfterAll
    static void removeNetwork() throws Exception {
        if (net != null) {
            net.close();
        }
    }

    @BeforeEach
    void emptyKernel() throws Exception {
        net.run("node", "nft", "flush", "ruleset");
        Path file = Files.createDirectories(directory.resolve("sys/net/ipv4/conf/all"))
                .resolve("route_localnet");
        Files.writeString(file, "0\n");
        backend = backend();
    }

    private NftablesBackend backend() {
        return new NftablesBackend(settings, net.inside("node"), directory, directory);
    }

    @Test
    void servesAtTheClusterAddress() throws Exception {
        backend.apply(with(rule(0, List.of(pod0, pod1))));

        assertThat(names("pod0", VIP)).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("node", VIP)).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("client", VIP)).containsExactlyInAnyOrder("pod0", "pod1");
    }

    @Test
    void aPodReachesItselfThroughItsService() throws Exception {
        backend.apply(with(rule(0, List.of(pod0))));

        assertThat(net.get("pod0", VIP + "/name")).isEqualTo("pod0");
    }

    @Test
    void podsSeeEachOthersAddressAndNotThatOfStrangers() throws Exception {
        backend.apply(with(rule(0, List.of(pod0))));

        net.get("pod1", VIP + "/from-pod");
        net.get("client", VIP + "/from-client");

        assertThat(logLine(0, "/from-pod")).startsWith(pod1);
        assertThat(logLine(0, "/from-client")).doesNotStartWith(Netns.CLIENT_ADDRESS);
    }

    @Test
    void servesAtNodePorts() throws Exception {
        backend.apply(with(rule(30_080, List.of(pod0, pod1))));

        assertThat(names("client", Netns.NODE_ADDRESS + ":30080")).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("node", "127.0.0.1:30080")).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("pod0", "10.244.0.1:30080")).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(directory.resolve("sys/net/ipv4/conf/all/route_localnet")).hasContent("1");
    }

    @Test
    void theLocalPolicyKeepsTheClientsAddress() throws Exception {
        backend.apply(with(external(List.of(pod0, pod1), List.of(pod0), List.of(), List.of(), true)));

        net.get("client", Netns.NODE_ADDRESS + ":30080/outside");

        assertThat(logLine(0, "/outside")).startsWith(Netns.CLIENT_ADDRESS);
        assertThat(names("pod1", "10.244.0.5:30080")).containsExactlyInAnyOrder("pod0", "pod1");
        assertThat(names("node", Netns.NODE_ADDRESS + ":30080")).containsExactlyInAnyOrder("pod0", "pod1");

        // Without an endpoint here nobody answers, so that the load balancer turns to another node.
        backend.apply(with(external(List.of(pod1), List.of(), List.of(), List.of(), true)));
        assertThat(net.get("client", Netns.NODE_ADDRESS + ":30080/")).isEqualTo("curl 28");
    }

    @Test
    void loadBalancersLetInOnlyTheirSources() throws Exception {
        String address = "203.0.113.7";
        backend.apply(with(external(List.of(pod0), List.of(), List.of(address), List.of("192.0.2.0/24"), false)));
        assertThat(net.get("client", address + "/name")).isEqualTo("curl 28");

        backend.apply(with(external(List.of(pod0), List.of(), List.of(address), List.of("198.51.100.0/24"), false)));
        assertThat(net.get("client", address + "/name")).isEqualTo("pod0");
    }

    @Test
    void refusesAtOnceWhatHasNoEndpoints() throws Exception {
        backend.apply(with(rule(30_080, List.of())));

        for (String from : List.of("pod0", "node", "client")) {
            assertThat(net.get(from, VIP + "/")).as(from).isEqualTo("curl 7");
        }
        assertThat(net.get("client", VIP + ":81/")).isEqualTo("curl 7");
        assertThat(net.get("client", Netns.NODE_ADDRESS + ":30080/")).isEqualTo("curl 7");
    }

    @Test
    void clientsWithAffinityStayWhereTheyAre() throws Exception {
        ServiceRule rule = affinity(rule(30_080, List.of(pod0, pod1)));
        backend.apply(with(rule));
        Set<String> first = names("pod0", VIP);
        assertThat(first).hasSize(1);

        // Neither a restart of the proxy nor another port makes it forget.
        backend = backend();
        assertThat(backend.apply(with(rule))).isEqualTo(Outcome.FULL);
        assertThat(names("pod0", VIP)).isEqualTo(first);
        assertThat(names("pod0", "10.244.0.1:30080")).isEqualTo(first);

        String left = first.contains("pod0") ? pod1 : pod0;
        backend.apply(with(affinity(rule(30_080, List.of(left)))));
        assertThat(names("pod0", VIP)).doesNotContainAnyElementsOf(first);
    }

    @Test
    void passesAForeignForwardFilterThatDropsTheUnknown() throws Exception {
        for (String words : List.of("-P FORWARD DROP", "-N DOCKER-USER", "-A FORWARD -j DOCKER-USER")) {
            net.run("node", ("iptables " + words).split(" "));
        }
        assertThat(net.get("client", pod0 + ":8080/name")).isEqualTo("curl 28");

        backend.apply(with(rule(30_080, List.of(pod0))));

        assertThat(net.get("client", Netns.NODE_ADDRESS + ":30080/name")).isEqualTo("pod0");
        assertThat(net.get("pod1", VIP + "/name")).isEqualTo("pod0");
        assertThat(net.get("client", pod0 + ":8080/name")).isEqualTo("curl 28");
        backend.verify();
        assertThat(occurrences(listing("iptables", "-S"), TABLE)).isEqualTo(1);
    }

    @Test
    void mendsWhatOthersBreak() throws Exception {
        backend.apply(with(rule(0, List.of(pod0))));
        assertThat(backend.verify()).isEqualTo(Outcome.UNCHANGED);

        net.run("node", "nft", "flush", "ruleset");
        assertThat(backend.verify()).isEqualTo(Outcome.FULL);
        assertThat(net.get("pod1", VIP + "/name")).isEqualTo("pod0");

        net.run("node", "nft", "flush", "chain", "ip", TABLE, "dispatch");
        assertThat(backend.verify()).isEqualTo(Outcome.FULL);
        net.run("node", "nft", "flush", "map", "ip", TABLE, "services");
        assertThat(backend.verify()).isEqualTo(Outcome.FULL);
        assertThat(net.get("pod1", VIP + "/name")).isEqualTo("pod0");

        // A change that no longer fits is followed by a full write at once.
        net.run("node", "nft", "flush", "ruleset");
        assertThat(backend.apply(with(rule(0, List.of(pod1))))).isEqualTo(Outcome.FULL);
        assertThat(net.get("pod1", VIP + "/name")).isEqualTo("pod1");
        // What the switch was before is known although the note was flushed and the switch is on.
        assertThat(listing("nft", "list", "table", "ip", TABLE)).contains("route-localnet-was-0");
    }

    @Test
    void aRestartTakesOverTheTable() throws Exception {
        backend.apply(with(rule(30_080, List.of(pod0, pod1)), rule("gone", "10.96.0.9", List.of(pod0))));
        backend = backend();
        backend.apply(with(rule(30_080, List.of(pod1))));

        assertThat(names("pod0", VIP)).containsExactly("pod1");
        assertThat(listing("nft", "list", "table", "ip", TABLE))
                .doesNotContain("10.96.0.9", "pick-2")
                .contains("route-localnet-was-0");
        assertThat(backend.verify()).isEqualTo(Outcome.UNCHANGED);
    }

    @Test
    void purgeLeavesNothing() throws Exception {
        for (String words : List.of("-P FORWARD DROP", "-N DOCKER-USER")) {
            net.run("node", ("iptables " + words).split(" "));
        }
        String before = listing("iptables", "-S");
        backend.apply(with(rule(30_080, List.of(pod0)), rule("six", "fd00:96::5", List.of("fd00:244::2"))));
        assertThat(listing("nft", "list", "tables")).contains("ip " + TABLE, "ip6 " + TABLE);

        NftablesBackend.purge(TABLE, net.inside("node"), directory);
        NftablesBackend.purge(TABLE, net.inside("node"), directory);

        assertThat(listing("nft", "list", "tables")).doesNotContain(TABLE);
        assertThat(listing("iptables", "-S")).isEqualTo(before);
        assertThat(directory.resolve("sys/net/ipv4/conf/all/route_localnet")).hasContent("0");
    }

    @Test
    void twoProxiesLiveSideBySide() throws Exception {
        backend.apply(with(rule(0, List.of(pod0))));
        var other = new NftablesBackend(
                new NftSettings("other", 14, false, List.of(), List.of(), true, Optional.empty()),
                net.inside("node"),
                directory,
                directory);
        other.apply(with(rule("elsewhere", "10.97.0.5", List.of(pod1))));

        assertThat(net.get("pod1", VIP + "/name")).isEqualTo("pod0");
        assertThat(net.get("pod0", "10.97.0.5/name")).isEqualTo("pod1");
        NftablesBackend.purge("other", net.inside("node"), directory);
        assertThat(net.get("pod1", VIP + "/name")).isEqualTo("pod0");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void differencesLeaveTheSameTableAsAFullWrite(long seed) throws Exception {
        var world = new RandomRules(seed);
        RuleSet last = RuleSet.EMPTY;
        int fullWrites = 0;
        for (int i = 0; i < 15; i++) {
            last = world.next();
            if (backend.apply(last) == Outcome.FULL) {
                fullWrites++;
            }
        }
        // An empty table of IPv6 stays, so let there be something in it both times.
        last = last.with(
                Map.of(ObjectKey.of("default", "six"), List.of(rule("six", "fd00:96::99", List.of("fd00:244::2")))));
        backend.apply(last);
        assertThat(fullWrites).as("at most the first of each family").isLessThanOrEqualTo(2);
        assertThat(backend.verify()).isEqualTo(Outcome.UNCHANGED);
        Set<String> step = table();
        emptyKernel();
        backend.apply(last);
        assertThat(step).isEqualTo(table());
    }

    @Test
    void anImpossibleTransactionIsReported() {
        var elsewhere = new NftablesBackend(settings, new Command(List.of("false")), directory, directory);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> elsewhere.apply(with(rule(0, List.of()))))
                .isInstanceOf(BackendException.class);
    }

    /// The words of both tables' listings, whose order the kernel chooses. Sets of clients with affinity are empty.
    private Set<String> table() throws Exception {
        String text = listing("nft", "list", "ruleset");
        return text.lines()
                .map(line -> line.strip()
                        .replace("elements = { ", "")
                        .replaceAll(" }$", "")
                        .replaceAll(",$", ""))
                .flatMap(line -> java.util.Arrays.stream(line.split(", ")))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private String listing(String... words) throws Exception {
        return net.inside("node").run(words).out();
    }

    private Set<String> names(String from, String where) throws Exception {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            names.add(net.get(from, where + "/name"));
        }
        return names;
    }

    /// The line of a pod's log about a request, which the server writes after it has answered.
    private static String logLine(int pod, String part) {
        return Awaitility.await()
                .until(
                        () -> Netns.log(directory, pod)
                                .lines()
                                .filter(line -> line.contains(part))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static long occurrences(String text, String part) {
        return text.lines().filter(line -> line.contains(part)).count();
    }

    private static RuleSet with(ServiceRule... rules) {
        Map<ObjectKey, List<ServiceRule>> changes = new HashMap<>();
        IntStream.range(0, rules.length)
                .forEach(i -> changes.put(i == 0 ? WEB : ObjectKey.of("default", "s" + i), List.of(rules[i])));
        return RuleSet.EMPTY.with(changes);
    }

    private static List<Target> targets(List<String> addresses) {
        return addresses.stream()
                .map(address -> new Target(address, 8080, Target.Place.HERE))
                .sorted()
                .toList();
    }

    private static ServiceRule rule(String name, String address, List<String> targets) {
        var family = IpFamily.of(address).orElseThrow();
        return ServiceRule.internal(
                new RuleName("default", name, "http", Protocol.TCP, family), address, 80, targets(targets));
    }

    private static ServiceRule rule(int nodePort, List<String> targets) {
        return new ServiceRule(
                new RuleName("default", "web", "http", Protocol.TCP, IpFamily.IPV4),
                VIP,
                80,
                nodePort,
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                false,
                false,
                0,
                targets(targets),
                List.of());
    }

    private static ServiceRule external(
            List<String> targets,
            List<String> local,
            List<String> loadBalancers,
            List<String> ranges,
            boolean localPolicy) {
        return new ServiceRule(
                new RuleName("default", "web", "http", Protocol.TCP, IpFamily.IPV4),
                VIP,
                80,
                30_080,
                List.of(),
                loadBalancers,
                ranges,
                Optional.empty(),
                false,
                localPolicy,
                0,
                targets(targets),
                targets(local));
    }

    private static ServiceRule affinity(ServiceRule rule) {
        return new ServiceRule(
                rule.name(),
                rule.clusterIp(),
                rule.port(),
                rule.nodePort(),
                List.of(),
                List.of(),
                List.of(),
                Optional.of(Duration.ofMinutes(1)),
                false,
                false,
                0,
                rule.targets(),
                List.of());
    }
}
