package io.jubernetes.serviceproxy.dns;

import static io.jubernetes.serviceproxy.Objects.at;
import static io.jubernetes.serviceproxy.Objects.port;
import static io.jubernetes.serviceproxy.Objects.ready;
import static io.jubernetes.serviceproxy.Objects.service;
import static io.jubernetes.serviceproxy.Objects.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.testing.MemoryCache;
import io.jubernetes.serviceproxy.HandClock;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The server over real sockets, with `dig` where it is installed.
class DnsServerTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    @TempDir
    private Path directory;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final DnsMetrics metrics = new DnsMetrics(meters, "cluster.local");
    private final MemoryCache<Service> services = MemoryCache.of(
            service("web", "10.96.0.5", port("http", 80)),
            service("many", "None", port("http", 80)),
            service(
                    "alias",
                    "",
                    spec -> spec.withType("ExternalName").withExternalName("web.default.svc.cluster.local")));
    private final MemoryCache<EndpointSlice> slices = MemoryCache.of(slice(
            "many",
            at("http", 8080),
            IntStream.range(1, 200).mapToObj(i -> ready("10.244.0." + i)).toArray(Endpoint[]::new)));
    private List<StubDomain> stubDomains = List.of();
    private DnsServer server;

    @BeforeEach
    void start() throws Exception {
        server = server(true, 0);
    }

    private DnsServer server(boolean ready, int port) throws IOException, StartupException {
        Path resolvConf = Files.writeString(directory.resolve("resolv.conf"), "search example.com\n");
        return DnsServer.start(
                new DnsSettings(
                        "cluster.local",
                        List.of(InetAddress.ofLiteral("10.96.0.10")),
                        LOOPBACK,
                        port,
                        resolvConf,
                        stubDomains),
                services,
                slices,
                () -> ready,
                meters,
                Clock.systemUTC());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void answersByUdpAndTcp() throws Exception {
        assertAnswers();
    }

    private void assertAnswers() throws Exception {
        Query query = QueryWriter.query(new Question("web.default.svc.cluster.local", Type.A, 1));
        for (byte[] answer : List.of(udp(query.message()), tcp(query.message()))) {
            assertThat(Message.answers(answer))
                    .extracting(ResourceRecord::data)
                    .containsExactly(new ResourceRecord.Address(InetAddress.ofLiteral("10.96.0.5")));
        }
        assertThat(meters.counter("coredns_dns_responses_total", "rcode", "NOERROR", "zone", "cluster.local.")
                        .count())
                .isEqualTo(2);
    }

    @Test
    void longAnswersGoByTcp() throws Exception {
        Query query = QueryWriter.query(new Question("many.default.svc.cluster.local", Type.A, 1));
        assertThat(Message.isTruncated(udp(query.message()))).isTrue();
        assertThat(Message.answers(tcp(query.message()))).hasSize(199);
    }

    @Test
    void followsAliases() throws Exception {
        Query query = QueryWriter.query(new Question("alias.default.svc.cluster.local", Type.A, 1));
        assertThat(Message.answers(udp(query.message())))
                .extracting(record -> record.data().type())
                .containsExactly(Type.CNAME, Type.A);
    }

    @Test
    void saysAtOnceThatNobodyKnowsNamesOutside() throws Exception {
        Query query = QueryWriter.query(new Question("example.com", Type.A, 1));
        long start = System.nanoTime();
        assertThat(Message.code(udp(query.message()))).isEqualTo(Rcode.SERVFAIL.code());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
    }

    @Test
    void refusesZoneTransfersAndOtherClasses() throws Exception {
        for (Question question :
                List.of(new Question("cluster.local", Type.AXFR, 1), new Question("version.bind", Type.TXT, 3))) {
            assertThat(Message.code(tcp(QueryWriter.query(question).message()))).isEqualTo(Rcode.REFUSED.code());
        }
    }

    @Test
    void doesNotDenyNamesBeforeItKnowsThem() throws Exception {
        try (DnsServer young = server(false, 0)) {
            Query query = QueryWriter.query(new Question("web.default.svc.cluster.local", Type.A, 1));
            assertThat(Message.code(udp(young.address(), query.message()))).isEqualTo(Rcode.SERVFAIL.code());
        }
    }

    @Test
    void saysWhichFlagToChangeWhenThePortIsTaken() {
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> server(true, server.address().getPort()).close())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--dns-port");
    }

    @Test
    void digUnderstandsIt() throws Exception {
        assumeTrue(hasDig(), "needs dig");
        String port = Integer.toString(server.address().getPort());
        for (String transport : List.of("+notcp", "+tcp")) {
            assertThat(dig(port, transport, "web.default.svc.cluster.local", "A"))
                    .isEqualTo("10.96.0.5");
            assertThat(dig(port, transport, "_http._tcp.web.default.svc.cluster.local", "SRV"))
                    .isEqualTo("0 100 80 web.default.svc.cluster.local.");
            assertThat(dig(port, transport, "5.0.96.10.in-addr.arpa", "PTR"))
                    .isEqualTo("web.default.svc.cluster.local.");
            assertThat(dig(port, transport, "cluster.local", "SOA")).startsWith("ns.dns.cluster.local. hostmaster");
        }
    }

    @Test
    void asksOthersOnceAndRemembers() throws Exception {
        var asked = new AtomicInteger();
        try (var other = new Upstream(asked)) {
            var upstreams = new Upstreams(() -> List.of(other.address()), Clock.systemUTC(), metrics);
            Query query = QueryWriter.query(new Question("example.com", Type.A, 1));
            var answers = new ArrayList<java.util.concurrent.CompletableFuture<java.util.Optional<byte[]>>>();
            for (int i = 0; i < 20; i++) {
                answers.add(upstreams.ask(query, false));
            }
            for (var answer : answers) {
                assertThat(Message.answers(answer.get().orElseThrow())).hasSize(1);
            }
            assertThat(upstreams.ask(query, false).get()).isPresent();
            assertThat(asked).hasValue(1);
        }
    }

    @Test
    void remembersThatANameDoesNotExistForAsLongAsItsZoneSays() throws Exception {
        var asked = new AtomicInteger();
        var clock = new HandClock();
        try (var other = new Upstream(asked)) {
            var upstreams = new Upstreams(() -> List.of(other.address()), clock, metrics);
            Query query = QueryWriter.query(new Question("missing.example", Type.A, 1));
            for (int i = 0; i < 3; i++) {
                assertThat(Message.code(upstreams.ask(query, false).get().orElseThrow()))
                        .isEqualTo(Rcode.NXDOMAIN.code());
            }
            assertThat(asked).hasValue(1);
            assertThat(meters.counter("coredns_cache_hits_total", "type", "denial")
                            .count())
                    .isEqualTo(2);

            clock.now = clock.now.plusSeconds(Upstream.DENIAL_SECONDS);
            assertThat(upstreams.ask(query, false).get()).isPresent();
            assertThat(asked).hasValue(2);
        }
    }

    @Test
    void asksByTcpForWhatDoesNotFit() throws Exception {
        var asked = new AtomicInteger();
        try (var other = new Upstream(asked)) {
            var upstreams = new Upstreams(() -> List.of(other.address()), Clock.systemUTC(), metrics);
            Query query = QueryWriter.query(new Question("long.example", Type.A, 1));
            assertThat(Message.isTruncated(upstreams.ask(query, false).get().orElseThrow()))
                    .as("a client by UDP asks again by TCP itself")
                    .isTrue();
            assertThat(Message.answers(upstreams.ask(query, true).get().orElseThrow()))
                    .hasSize(Upstream.LONG);
        }
    }

    @Test
    void asksTheServersOfAStubDomain() throws Exception {
        var asked = new AtomicInteger();
        try (var other = new Upstream(asked)) {
            String address = "127.0.0.1:" + other.address().getPort();
            stubDomains = List.of(
                    StubDomain.parse("corp.example=" + address), StubDomain.parse("dead.corp.example=127.0.0.1:1"));
            try (DnsServer forwarding = server(true, 0)) {
                for (String inside : List.of("corp.example", "WWW.Corp.Example")) {
                    Query query = QueryWriter.query(new Question(inside, Type.A, 1));
                    assertThat(Message.answers(udp(forwarding.address(), query.message())))
                            .as(inside)
                            .hasSize(1);
                }
                for (String outside : List.of("x.dead.corp.example", "notcorp.example", "example")) {
                    Query query = QueryWriter.query(new Question(outside, Type.A, 1));
                    assertThat(Message.code(udp(forwarding.address(), query.message())))
                            .as(outside)
                            .isEqualTo(Rcode.SERVFAIL.code());
                }
            }
            assertThat(asked).hasValue(2);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "corp.example",
                "=192.0.2.1",
                "corp.example=",
                "corp.example=dns",
                "a..b=192.0.2.1",
                "a=192.0.2.1:x"
            })
    void refusesWhatIsNoStubDomain(String text) {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> StubDomain.parse(text))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readsStubDomains() {
        assertThat(StubDomain.parse("corp.example=192.0.2.1+192.0.2.2:5353+fd00::1+[fd00::2]:54")
                        .servers())
                .extracting(server -> server.getAddress().getHostAddress() + " " + server.getPort())
                .containsExactly("192.0.2.1 53", "192.0.2.2 5353", "fd00:0:0:0:0:0:0:1 53", "fd00:0:0:0:0:0:0:2 54");
    }

    @Test
    void saysWhichEdnsItSpeaks() throws Exception {
        byte[] plain = QueryWriter.query(new Question("web.default.svc.cluster.local", Type.A, 1))
                .message();
        byte[] future = Arrays.copyOf(plain, plain.length + 11);
        future[11] = 1; // a record in the last section:
        ByteBuffer.wrap(future, plain.length, 11)
                .put((byte) 0)
                .putShort((short) Type.OPT)
                .putShort((short) 1232)
                .put((byte) 0)
                .put((byte) 1); // version 1
        byte[] answer = udp(future);
        assertThat(Message.code(answer)).isZero();
        assertThat(answer[answer.length - 6]).as("the upper part of BADVERS").isEqualTo((byte) 1);
    }

    @Test
    void aLoopOfServersEnds() throws Exception {
        // This server is told to ask itself about a domain.
        int port;
        try (var free = new DatagramSocket(0, LOOPBACK)) {
            port = free.getLocalPort();
        }
        stubDomains = List.of(StubDomain.parse("loop.example=127.0.0.1:" + port));
        try (DnsServer looping = server(true, port)) {
            Query query = QueryWriter.query(new Question("www.loop.example", Type.A, 1));
            assertThat(Message.code(udp(looping.address(), query.message()))).isEqualTo(Rcode.SERVFAIL.code());
            Query own = QueryWriter.query(new Question("web.default.svc.cluster.local", Type.A, 1));
            assertThat(Message.answers(udp(looping.address(), own.message()))).hasSize(1);
        }
        assertThat(meters.get("coredns_proxy_request_failures_total").counter().count())
                .as("the question went round once")
                .isLessThanOrEqualTo(2);
    }

    @Test
    void survivesWhatIsNoQuestion() throws Exception {
        var random = new java.util.Random(1);
        try (var socket = new DatagramSocket()) {
            for (int length : List.of(0, 1, 11, 12, 13, 512, 9_000, 60_000)) {
                byte[] rubbish = new byte[length];
                random.nextBytes(rubbish);
                socket.send(new DatagramPacket(rubbish, length, server.address()));
            }
        }
        try (var socket = new Socket(LOOPBACK, server.address().getPort())) {
            byte[] rubbish = new byte[70_000];
            random.nextBytes(rubbish);
            socket.getOutputStream().write(rubbish);
        } catch (IOException _) {
            // it may be thrown out before it has said everything
        }
        assertAnswers();
        assertThat(server.illness()).isEmpty();
        server.close();
        assertThat(server.illness()).isPresent();
    }

    @Test
    void triesTheNextServerAndGivesUpQuicklyWhenAllAreSilent() throws Exception {
        var asked = new AtomicInteger();
        try (var silent = new DatagramSocket(0, LOOPBACK);
                var other = new Upstream(asked)) {
            var dead = new InetSocketAddress(LOOPBACK, silent.getLocalPort());
            var both = new Upstreams(() -> List.of(dead, other.address()), Clock.systemUTC(), metrics);
            assertThat(both.ask(QueryWriter.query(new Question("a.example", Type.A, 1)), false)
                            .get())
                    .isPresent();

            var none = new Upstreams(() -> List.of(dead), Clock.systemUTC(), metrics);
            var first = IntStream.range(0, 3)
                    .mapToObj(i -> none.ask(QueryWriter.query(new Question(i + ".example", Type.A, 1)), false))
                    .toList();
            for (var answer : first) {
                assertThat(answer.get()).isEmpty();
            }
            // From now on one question waits and the others do not.
            var probe = none.ask(QueryWriter.query(new Question("probe.example", Type.A, 1)), false);
            assertThat(none.ask(QueryWriter.query(new Question("b.example", Type.A, 1)), false))
                    .isCompletedWithValue(java.util.Optional.empty());
            assertThat(probe.get()).isEmpty();
        }
    }

    @Test
    void readsNameServersButNotItself() throws Exception {
        Path file = Files.writeString(
                directory.resolve("r"),
                "# comment\nnameserver 192.0.2.1\nnameserver 10.96.0.10\nnameserver fd00::1\nnameserver x\nsearch a\n");
        assertThat(ResolvConf.servers(file, java.util.Set.of(InetAddress.ofLiteral("10.96.0.10"))))
                .extracting(server -> server.getAddress().getHostAddress())
                .containsExactly("192.0.2.1", "fd00:0:0:0:0:0:0:1");
        assertThat(ResolvConf.servers(directory.resolve("none"), java.util.Set.of()))
                .isEmpty();
    }

    private byte[] udp(byte[] message) throws IOException {
        return udp(server.address(), message);
    }

    private static byte[] udp(InetSocketAddress to, byte[] message) throws IOException {
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(5000);
            socket.send(new DatagramPacket(message, message.length, to));
            var packet = new DatagramPacket(new byte[4096], 4096);
            socket.receive(packet);
            return Arrays.copyOf(packet.getData(), packet.getLength());
        }
    }

    private byte[] tcp(byte[] message) throws IOException {
        try (var socket = new Socket(LOOPBACK, server.address().getPort())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream()
                    .write(ByteBuffer.allocate(message.length + 2)
                            .putShort((short) message.length)
                            .put(message)
                            .array());
            var in = new DataInputStream(socket.getInputStream());
            return in.readNBytes(in.readUnsignedShort());
        }
    }

    private static boolean hasDig() throws InterruptedException {
        try {
            return Command.PLAIN.run("dig", "-v").ok();
        } catch (BackendException _) {
            return false;
        }
    }

    private static String dig(String port, String... words) throws Exception {
        var line = new ArrayList<>(List.of("dig", "+short", "+time=3", "@127.0.0.1", "-p", port));
        line.addAll(List.of(words));
        return Command.PLAIN.run(line, "").out().strip();
    }

    /// Another name server, which knows an address for everything.
    private static final class Upstream implements AutoCloseable {
        private static final int LONG = 60;
        private static final int DENIAL_SECONDS = 7;

        private final DatagramSocket socket;
        private final ServerSocket tcp = new ServerSocket();
        private final AtomicInteger asked;

        Upstream(AtomicInteger asked) throws IOException {
            this.asked = asked;
            this.socket = onePortForBoth();
            Thread.ofVirtual().name("upstream").start(this::serve);
            Thread.ofVirtual().name("upstream-tcp").start(this::serveTcp);
        }

        /// A port that is free for UDP may be somebody's for TCP.
        private DatagramSocket onePortForBoth() throws IOException {
            while (true) {
                var udp = new DatagramSocket(0, LOOPBACK);
                try {
                    tcp.bind(new InetSocketAddress(LOOPBACK, udp.getLocalPort()), 10);
                    return udp;
                } catch (BindException e) {
                    udp.close();
                }
            }
        }

        InetSocketAddress address() {
            return new InetSocketAddress(LOOPBACK, socket.getLocalPort());
        }

        /// `missing` does not exist, `long` has many addresses, everything else has one.
        private static byte[] answer(byte[] message, int limit) {
            try {
                Query query = Query.parse(message);
                String name = query.question().name();
                if (name.startsWith("missing")) {
                    var authority = new ResourceRecord.Authority("ns.example.", "admin.example.", 1, DENIAL_SECONDS);
                    var record = new ResourceRecord("example.", 300, authority);
                    return MessageWriter.write(
                            query, new Answer(Rcode.NXDOMAIN, false, List.of(), List.of(record), List.of()), limit);
                }
                var records = IntStream.rangeClosed(1, name.startsWith("long") ? LONG : 1)
                        .mapToObj(i -> new ResourceRecord(
                                name, 60, new ResourceRecord.Address(InetAddress.ofLiteral("192.0.2." + i))))
                        .toList();
                return MessageWriter.write(
                        query, new Answer(Rcode.NOERROR, false, records, List.of(), List.of()), limit);
            } catch (Query.Unanswerable e) {
                throw new IllegalStateException(e);
            }
        }

        private void serveTcp() {
            while (!tcp.isClosed()) {
                try (Socket client = tcp.accept()) {
                    var in = new DataInputStream(client.getInputStream());
                    byte[] answer = answer(in.readNBytes(in.readUnsignedShort()), 65_535);
                    client.getOutputStream()
                            .write(ByteBuffer.allocate(answer.length + 2)
                                    .putShort((short) answer.length)
                                    .put(answer)
                                    .array());
                } catch (IOException _) {
                    // closed, or the client is gone
                }
            }
        }

        private void serve() {
            try {
                while (!socket.isClosed()) {
                    var packet = new DatagramPacket(new byte[4096], 4096);
                    socket.receive(packet);
                    asked.incrementAndGet();
                    byte[] answer = answer(Arrays.copyOf(packet.getData(), packet.getLength()), 512);
                    socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
            tcp.close();
        }
    }
}
