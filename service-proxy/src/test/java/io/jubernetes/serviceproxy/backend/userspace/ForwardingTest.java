package io.jubernetes.serviceproxy.backend.userspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Forwarding over real sockets on the loopback link, whose addresses need no routes; by each transport.
@ParameterizedClass
@EnumSource(Transport.class)
class ForwardingTest {
    private static final String ADDRESS = "127.0.96.5";
    private static final Duration SHORT = Duration.ofMillis(300);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final UserspaceMetrics metrics = new UserspaceMetrics(meters);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Map<RuleName, String> complaints = new LinkedHashMap<>();
    private final Transport transport;
    private final UserspaceBackend backend;
    private final int port;

    ForwardingTest(Transport transport) throws Exception {
        this.transport = transport;
        this.backend = backend(Duration.ofMinutes(1), 100);
        this.port = freePort();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    private UserspaceBackend backend(Duration idle, int most) throws Exception {
        var settings = new UserspaceSettings(
                "test", List.of(), List.of("127.0.0.1"), true, Duration.ofMillis(500), idle, idle, most, most);
        var made = new UserspaceBackend(
                settings,
                complaints::put,
                new Command(List.of("true")), // no address has to be added
                new Forwarder(settings, metrics, transport));
        opened.add(made);
        return made;
    }

    @Test
    void connectionsTakeTheEndpointsInTurn() throws Exception {
        backend.apply(rules(rule(Optional.empty(), server("a"), server("b"), server("c"))));

        var names = new ArrayList<String>();
        for (int i = 0; i < 6; i++) {
            names.add(ask(connect()));
        }
        assertThat(names).hasSize(6).containsOnly("a", "b", "c");
        assertThat(names.subList(0, 3)).doesNotHaveDuplicates().isEqualTo(names.subList(3, 6));
    }

    @Test
    void aClientWithAffinityStays() throws Exception {
        Target a = server("a");
        Target b = server("b");
        backend.apply(rules(rule(Optional.of(Duration.ofMinutes(1)), a, b)));
        String first = ask(connect());
        for (int i = 0; i < 5; i++) {
            assertThat(ask(connect())).isEqualTo(first);
        }

        backend.apply(rules(rule(Optional.of(Duration.ofMinutes(1)), first.equals("a") ? b : a)));
        assertThat(ask(connect())).as("its endpoint is gone").isNotEqualTo(first);
    }

    @Test
    void affinityEndsAfterItsTime() throws Exception {
        backend.apply(rules(rule(Optional.of(SHORT), server("a"), server("b"))));
        String first = ask(connect());
        await().pollDelay(SHORT.plusMillis(100)).until(() -> !ask(connect()).equals(first));
    }

    @Test
    void anEndpointThatRefusesIsReplacedByAnother() throws Exception {
        Target dead = new Target("127.0.0.1", freePort(), Target.Place.HERE);
        backend.apply(rules(rule(Optional.empty(), dead, server("a"))));

        for (int i = 0; i < 10; i++) {
            assertThat(ask(connect())).isEqualTo("a");
        }
        assertThat(meters.counter("kubeproxy_userspace_endpoint_failures_total").count())
                .as("it is tried once and then left in peace")
                .isEqualTo(1);
    }

    @Test
    void aSilentEndpointDelaysOnlyTheFirst() throws Exception {
        // Nobody answers from this documentation range; where there is no route at all the failure is an error.
        Target silent = new Target("192.0.2.1", 80, Target.Place.ELSEWHERE);
        backend.apply(rules(rule(Optional.empty(), silent, server("a"))));
        assertThat(ask(connect())).isEqualTo("a");
        assertThat(ask(connect())).isEqualTo("a");
        assertThat(meters.counter("kubeproxy_userspace_endpoint_failures_total").count())
                .isLessThanOrEqualTo(1);
    }

    @Test
    void whenNoEndpointCanBeReachedTheClientIsReset() throws Exception {
        backend.apply(rules(rule(Optional.empty(), new Target("127.0.0.1", freePort(), Target.Place.HERE))));

        assertThatThrownBy(() -> connect().getInputStream().read()).isInstanceOf(SocketException.class);
        await().until(() ->
                meters.counter("kubeproxy_userspace_connections_reset_total", "reason", "no_endpoint_reached")
                                .count()
                        == 1);
        await().until(() -> active() == 0);
    }

    @Test
    void withoutEndpointsTheKernelRefusesAtOnce() throws Exception {
        backend.apply(rules(rule(Optional.empty())));
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);

        backend.apply(rules(rule(Optional.empty(), server("a"))));
        assertThat(ask(connect())).isEqualTo("a");
        backend.apply(RuleSet.EMPTY);
        // The JDK's selectors let go of a closed socket with their next round.
        await().untilAsserted(() -> assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class));
    }

    @Test
    void eitherSideMayFinishFirst() throws Exception {
        // The server answers only after the client has said all it has to say.
        Target patient = server(socket -> {
            byte[] all = socket.getInputStream().readAllBytes();
            socket.getOutputStream().write(("got " + all.length).getBytes(StandardCharsets.UTF_8));
        });
        backend.apply(rules(rule(Optional.empty(), patient)));
        try (Socket client = connect()) {
            client.getOutputStream().write(new byte[100_000]);
            client.shutdownOutput();
            assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("got 100000");
        }
        // All of it may be there before the endpoint is.
        for (int i = 0; i < 50; i++) {
            try (Socket client = connect()) {
                client.getOutputStream().write(new byte[3_000]);
                client.shutdownOutput();
                assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo("got 3000");
            }
        }
        Target hasty = server(socket -> {
            socket.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes()).hasSize(7);
        });
        backend.apply(rules(rule(Optional.empty(), hasty)));
        try (Socket client = connect()) {
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            client.getOutputStream().write("goodbye".getBytes(StandardCharsets.UTF_8));
        }
        await().until(() -> active() == 0);
    }

    @Test
    void aResetIsPassedOn() throws Exception {
        Target rude = server(socket -> socket.setSoLinger(true, 0));
        backend.apply(rules(rule(Optional.empty(), rude)));
        assertThatThrownBy(() -> connect().getInputStream().read()).isInstanceOf(SocketException.class);
        await().until(() -> active() == 0);
    }

    @Test
    void aSlowReaderSlowsItsWriterDown() throws Exception {
        int size = 64 << 20;
        Target generous = server(socket -> socket.getOutputStream().write(new byte[size]));
        backend.apply(rules(rule(Optional.empty(), generous)));
        try (Socket client = connect()) {
            // Nothing is read: what is under way is bounded by the buffers of sockets and water marks.
            long stalled = await().during(Duration.ofMillis(300)).until(() -> (long) bytes(), new Stable());
            assertThat(stalled).isPositive().isLessThan(size / 2);
            assertThat(client.getInputStream().readAllBytes()).hasSize(size);
        }
    }

    @Test
    void dataArrivesAsItWasSent() throws Exception {
        byte[] sent = new byte[5_000_000];
        RandomGenerator.of("L64X128MixRandom").nextBytes(sent);
        Target echo = server(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
        backend.apply(rules(rule(Optional.empty(), echo)));
        try (Socket client = connect()) {
            Thread.ofVirtual().start(() -> {
                try {
                    client.getOutputStream().write(sent);
                    client.shutdownOutput();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(sent);
        }
    }

    @Test
    void silentConnectionsEnd() throws Exception {
        UserspaceBackend impatient = backend(SHORT, 100);
        Target quiet = server(socket -> socket.getInputStream().read());
        impatient.apply(rules(rule(Optional.empty(), quiet)));
        try (Socket client = connect()) {
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void connectionsAreBounded() throws Exception {
        UserspaceBackend small = backend(Duration.ofMinutes(1), 2);
        Target quiet = server(socket -> socket.getInputStream().read());
        small.apply(rules(rule(Optional.empty(), quiet)));
        try (Socket one = connect();
                Socket two = connect()) {
            await().until(() -> active() == 2);
            assertThatThrownBy(() -> connect().getInputStream().read()).isInstanceOf(SocketException.class);
            assertThat(one.isConnected() && two.isConnected()).isTrue();
        }
        await().until(() -> active() == 0);
        connect().getOutputStream().write(1);
    }

    @Test
    void establishedConnectionsOutliveAChangeOfEndpoints() throws Exception {
        Target echo = server(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
        backend.apply(rules(rule(Optional.empty(), echo)));
        try (Socket client = connect()) {
            client.getOutputStream().write(1);
            assertThat(client.getInputStream().read()).isEqualTo(1);
            backend.apply(rules(rule(Optional.empty(), server("a"))));
            backend.apply(RuleSet.EMPTY);
            client.getOutputStream().write(2);
            assertThat(client.getInputStream().read()).isEqualTo(2);
        }
    }

    @Test
    void datagramsFindTheirWayThereAndBack() throws Exception {
        backend.apply(rules(udp(udpServer("a"), udpServer("b"))));
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            try (var client = new DatagramSocket()) {
                String first = ask(client, "x");
                assertThat(ask(client, "y")).as("one client, one endpoint").isEqualTo(first);
                seen.add(first);
            }
        }
        assertThat(seen).containsExactlyInAnyOrder("a", "b");
        try (var client = new DatagramSocket()) {
            assertThat(ask(client, "z".repeat(60_000)))
                    .as("long ones are not cut")
                    .isIn("a", "b");
        }
    }

    @Test
    void datagramFlowsToEndpointsThatAreGoneAreSentElsewhere() throws Exception {
        Target a = udpServer("a");
        Target b = udpServer("b");
        backend.apply(rules(udp(a)));
        try (var client = new DatagramSocket()) {
            assertThat(ask(client, "x")).isEqualTo("a");
            backend.apply(rules(udp(b)));
            assertThat(ask(client, "x")).isEqualTo("b");
            backend.apply(rules(udp()));
            client.connect(InetAddress.ofLiteral(ADDRESS), port);
            // A socket that is being closed may swallow the first.
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() ->
                            assertThatThrownBy(() -> ask(client, "x")).isInstanceOf(PortUnreachableException.class));
        }
        await().until(() -> flows() == 0);
    }

    @Test
    void silentDatagramFlowsEndAndTheirNumberIsBounded() throws Exception {
        UserspaceBackend small = backend(SHORT, 2);
        small.apply(rules(udp(udpServer("a"))));
        for (int i = 0; i < 5; i++) {
            try (var client = new DatagramSocket()) {
                assertThat(ask(client, "x")).isEqualTo("a");
            }
        }
        assertThat(flows()).isLessThanOrEqualTo(2);
        await().until(() -> flows() == 0);
    }

    @Test
    void servesNodePortsAtTheAddressesThatAreAskedFor() throws Exception {
        backend.apply(rules(nodePort(port, server("a"))));
        try (var client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            assertThat(ask(client)).isEqualTo("a");
        }
    }

    @Test
    void aPortThatIsTakenIsReportedAndTriedAgain() throws Exception {
        RuleSet rules = rules(nodePort(port, server("a")));
        try (var taken = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            backend.apply(rules);
            assertThat(taken.isBound()).isTrue();
            assertThat(complaints.values())
                    .singleElement()
                    .asString()
                    .contains("cannot listen at tcp 127.0.0.1 port " + port);
            assertThat(meters.get("kubeproxy_userspace_unserved_ports").gauge().value())
                    .isEqualTo(1);
        }
        backend.verify();
        try (var client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            assertThat(ask(client)).isEqualTo("a");
        }
        assertThat(meters.get("kubeproxy_userspace_unserved_ports").gauge().value())
                .isZero();
    }

    @Test
    void sctpIsReported() throws Exception {
        var name = new RuleName("default", "web", "p", Protocol.SCTP, IpFamily.IPV4);
        backend.apply(rules(
                ServiceRule.internal(name, ADDRESS, port, List.of(new Target("127.0.0.1", 9, Target.Place.HERE)))));
        assertThat(complaints).containsKey(name);
    }

    @Test
    void servesHundredsOfServices() throws Exception {
        Target target = server("a");
        Map<ObjectKey, List<ServiceRule>> all = new HashMap<>();
        for (int i = 0; i < 600; i++) {
            var name = new RuleName("default", "s" + i, "p", Protocol.TCP, IpFamily.IPV4);
            all.put(
                    ObjectKey.of("default", "s" + i),
                    List.of(ServiceRule.internal(
                            name, "127.1." + i / 200 + "." + (i % 200 + 1), port, List.of(target))));
        }
        backend.apply(RuleSet.EMPTY.with(all));
        for (int i = 0; i < 600; i += 37) {
            try (var client = new Socket("127.1." + i / 200 + "." + (i % 200 + 1), port)) {
                assertThat(ask(client)).isEqualTo("a");
            }
        }
    }

    /// Accepts when two looks in a row see the same.
    private static final class Stable implements java.util.function.Predicate<Long> {
        private long last = -1;

        @Override
        public boolean test(Long value) {
            boolean same = value == last && value > 0;
            last = value;
            return same;
        }
    }

    private double bytes() {
        return meters.get("kubeproxy_userspace_bytes_total").functionCounter().count();
    }

    private double active() {
        return meters.get("kubeproxy_userspace_connections").gauge().value();
    }

    private double flows() {
        return meters.get("kubeproxy_userspace_udp_flows").gauge().value();
    }

    private Socket connect() throws IOException {
        var socket = new Socket();
        opened.add(socket);
        socket.setSoTimeout(10_000);
        socket.connect(new InetSocketAddress(ADDRESS, port), 5_000);
        return socket;
    }

    private static String ask(Socket socket) throws IOException {
        try (socket) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String ask(DatagramSocket client, String question) throws IOException {
        client.setSoTimeout(5_000);
        byte[] bytes = question.getBytes(StandardCharsets.UTF_8);
        client.send(new DatagramPacket(bytes, bytes.length, InetAddress.ofLiteral(ADDRESS), port));
        var answer = new DatagramPacket(new byte[100], 100);
        client.receive(answer);
        assertThat(answer.getAddress().getHostAddress()).isEqualTo(ADDRESS);
        String[] parts = new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8).split(" ");
        assertThat(parts[1]).isEqualTo(Integer.toString(bytes.length));
        return parts[0];
    }

    @FunctionalInterface
    private interface Talk {
        void with(Socket client) throws IOException;
    }

    /// An endpoint that says its name.
    private Target server(String name) throws IOException {
        return server(socket -> socket.getOutputStream().write(name.getBytes(StandardCharsets.UTF_8)));
    }

    private Target server(Talk talk) throws IOException {
        var server = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
        opened.add(server);
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    Thread.ofVirtual().start(() -> {
                        try (socket) {
                            talk.with(socket);
                        } catch (IOException _) {
                            // the client went away
                        }
                    });
                } catch (IOException _) {
                    return;
                }
            }
        });
        return new Target("127.0.0.1", server.getLocalPort(), Target.Place.HERE);
    }

    /// An endpoint that answers with its name and the length of what came.
    private Target udpServer(String name) throws IOException {
        var socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"));
        opened.add(socket);
        Thread.ofVirtual().start(() -> {
            var packet = new DatagramPacket(new byte[65_535], 65_535);
            while (!socket.isClosed()) {
                try {
                    packet.setLength(65_535);
                    socket.receive(packet);
                    byte[] answer = (name + " " + packet.getLength()).getBytes(StandardCharsets.UTF_8);
                    socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                } catch (IOException _) {
                    return;
                }
            }
        });
        return new Target("127.0.0.1", socket.getLocalPort(), Target.Place.HERE);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private static RuleSet rules(ServiceRule rule) {
        return RuleSet.EMPTY.with(Map.of(ObjectKey.of("default", "web"), List.of(rule)));
    }

    private ServiceRule udp(Target... targets) {
        var name = new RuleName("default", "web", "p", Protocol.UDP, IpFamily.IPV4);
        return ServiceRule.internal(
                name, ADDRESS, port, Stream.of(targets).sorted().toList());
    }

    private ServiceRule rule(Optional<Duration> affinity, Target... targets) {
        return rule(0, affinity, targets);
    }

    private ServiceRule nodePort(int nodePort, Target... targets) {
        return rule(nodePort, Optional.empty(), targets);
    }

    private ServiceRule rule(int nodePort, Optional<Duration> affinity, Target... targets) {
        return new ServiceRule(
                new RuleName("default", "web", "p", Protocol.TCP, IpFamily.IPV4),
                ADDRESS,
                port,
                nodePort,
                List.of(),
                List.of(),
                List.of(),
                affinity,
                false,
                false,
                0,
                List.of(targets),
                List.of());
    }
}
