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
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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

/// The server over real sockets, with `dig` where it is installed.
class DnsServerTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    @TempDir
    private Path directory;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
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
    private DnsServer server;

    @BeforeEach
    void start() throws Exception {
        server = server(true, 0);
    }

    private DnsServer server(boolean ready, int port) throws IOException, StartupException {
        Path resolvConf = Files.writeString(directory.resolve("resolv.conf"), "search example.com\n");
        return DnsServer.start(
                new DnsSettings(
                        "cluster.local", List.of(InetAddress.ofLiteral("10.96.0.10")), LOOPBACK, port, resolvConf),
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
            var upstreams = new Upstreams(() -> List.of(other.address()), Clock.systemUTC());
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
    void triesTheNextServerAndGivesUpQuicklyWhenAllAreSilent() throws Exception {
        var asked = new AtomicInteger();
        try (var silent = new DatagramSocket(0, LOOPBACK);
                var other = new Upstream(asked)) {
            var dead = new InetSocketAddress(LOOPBACK, silent.getLocalPort());
            var both = new Upstreams(() -> List.of(dead, other.address()), Clock.systemUTC());
            assertThat(both.ask(QueryWriter.query(new Question("a.example", Type.A, 1)), false)
                            .get())
                    .isPresent();

            var none = new Upstreams(() -> List.of(dead), Clock.systemUTC());
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
        private final DatagramSocket socket;
        private final AtomicInteger asked;

        Upstream(AtomicInteger asked) throws IOException {
            this.asked = asked;
            this.socket = new DatagramSocket(0, LOOPBACK);
            Thread.ofVirtual().name("upstream").start(this::serve);
        }

        InetSocketAddress address() {
            return new InetSocketAddress(LOOPBACK, socket.getLocalPort());
        }

        private void serve() {
            try {
                while (!socket.isClosed()) {
                    var packet = new DatagramPacket(new byte[4096], 4096);
                    socket.receive(packet);
                    asked.incrementAndGet();
                    Query query = Query.parse(Arrays.copyOf(packet.getData(), packet.getLength()));
                    var record = new ResourceRecord(
                            query.question().name(),
                            60,
                            new ResourceRecord.Address(InetAddress.ofLiteral("192.0.2.80")));
                    byte[] answer = MessageWriter.write(
                            query, new Answer(Rcode.NOERROR, false, List.of(record), List.of(), List.of()), 512);
                    socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            } catch (Query.Unanswerable e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
