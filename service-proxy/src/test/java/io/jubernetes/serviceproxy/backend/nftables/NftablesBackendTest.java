package io.jubernetes.serviceproxy.backend.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendContract;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The rules in a real kernel, with real clients, in network namespaces made for it.
class NftablesBackendTest extends BackendContract {
    private static final String TABLE = "jubernetes-test";
    private final NftSettings settings =
            new NftSettings(TABLE, 14, false, List.of("10.244.0.0/16"), List.of(), true, Optional.empty());
    private NftablesBackend backend;

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

    @Override
    protected NftablesBackend subject() {
        return backend;
    }

    @Override
    protected void breakWhatItWrote() throws Exception {
        net.run("node", "nft", "flush", "ruleset");
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
    void theLocalPolicyKeepsTheClientsAddress() throws Exception {
        backend.apply(with(external(List.of(pod0, pod1), List.of(pod0), List.of(), List.of(), true)));
        net.get("client", Netns.NODE_ADDRESS + ":30080/outside");
        assertThat(logLine(0, "/outside")).startsWith(Netns.CLIENT_ADDRESS);
    }

    @Test
    void whoIsNotWelcomeGetsNoAnswer() throws Exception {
        String address = "203.0.113.7";
        backend.apply(with(external(List.of(pod0), List.of(), List.of(address), List.of("192.0.2.0/24"), false)));
        assertThat(net.get("client", address + "/name")).isEqualTo("curl 28");
        backend.apply(with(external(List.of(pod1), List.of(), List.of(), List.of(), true)));
        assertThat(net.get("client", Netns.NODE_ADDRESS + ":30080/")).isEqualTo("curl 28");
    }

    @Test
    void nodePortsAtTheLoopbackAddressNeedASwitch() throws Exception {
        backend.apply(with(rule(30_080, List.of(pod0))));
        assertThat(directory.resolve("sys/net/ipv4/conf/all/route_localnet")).hasContent("1");
    }

    @Test
    void aRestartDoesNotForgetAffinity() throws Exception {
        ServiceRule rule = affinity(rule(30_080, List.of(pod0, pod1)));
        backend.apply(with(rule));
        Set<String> first = names("pod0", VIP);
        backend = backend();
        assertThat(backend.apply(with(rule))).isEqualTo(Outcome.FULL);
        assertThat(names("pod0", VIP)).isEqualTo(first);
    }

    @Test
    void servesInTheOtherFamilyToo() throws Exception {
        String pod = "fd00:244::2";
        net.run("node", "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1");
        for (String link :
                List.of("node a0 fd00:51::1", "client b0 fd00:51::2", "node a1 fd00:244::1", "pod0 b1 " + pod)) {
            String[] words = link.split(" ", -1);
            net.run(words[0], "ip", "address", "replace", words[2] + "/64", "dev", words[1], "nodad");
        }
        net.run("client", "ip", "-6", "route", "replace", "default", "via", "fd00:51::1");
        net.run("node", "ip", "-6", "route", "replace", "default", "via", "fd00:51::2");
        net.run("pod0", "ip", "-6", "route", "replace", "default", "via", "fd00:244::1");
        net.serve("pod0", pod, directory);

        backend.apply(with(rule("six", "fd00:96::5", List.of(pod)), rule("none", "fd00:96::6", List.of())));

        for (String from : List.of("client", "node", "pod0")) {
            assertThat(net.get(from, "[fd00:96::5]/name")).as(from).isEqualTo("pod0");
            assertThat(net.get(from, "[fd00:96::6]/name")).as(from).isEqualTo("curl 7");
        }
    }

    @Test
    void udpClientsOfAnEndpointThatIsGoneGoToAnother() throws Exception {
        backend.apply(with(rule(Protocol.UDP, List.of(pod0))));
        net.run("client", "bash", "-c", "echo hello > /dev/udp/" + VIP + "/80");
        assertThat(listing("conntrack", "-L", "-p", "udp")).contains("dst=" + VIP, "src=" + pod0);

        backend.apply(with(rule(Protocol.UDP, List.of(pod1))));
        assertThat(listing("conntrack", "-L", "-p", "udp")).doesNotContain("src=" + pod0);
        net.run("client", "bash", "-c", "echo hello > /dev/udp/" + VIP + "/80");
        assertThat(listing("conntrack", "-L", "-p", "udp")).contains("src=" + pod1);
    }

    @Test
    void takesSctpAsWell() throws Exception {
        assertThat(backend.apply(with(rule(Protocol.SCTP, List.of(pod0, pod1)))))
                .isEqualTo(Outcome.FULL);

        assertThat(listing("nft", "list", "map", "ip", TABLE, "services")).contains(VIP + " . sctp . 80");
        assertThat(backend.verify()).isEqualTo(Outcome.UNCHANGED);
    }

    private static ServiceRule rule(Protocol protocol, List<String> targets) {
        return ServiceRule.internal(
                new RuleName("default", "web", "main", protocol, IpFamily.IPV4), VIP, 80, targets(targets));
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
    void mendsEveryPart() throws Exception {
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
}
