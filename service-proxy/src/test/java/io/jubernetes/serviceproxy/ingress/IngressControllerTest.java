package io.jubernetes.serviceproxy.ingress;

import static io.jubernetes.serviceproxy.Objects.at;
import static io.jubernetes.serviceproxy.Objects.port;
import static io.jubernetes.serviceproxy.Objects.ready;
import static io.jubernetes.serviceproxy.Objects.service;
import static io.jubernetes.serviceproxy.Objects.slice;
import static io.jubernetes.serviceproxy.ingress.Ingresses.ingress;
import static io.jubernetes.serviceproxy.ingress.Ingresses.path;
import static io.jubernetes.serviceproxy.ingress.Ingresses.rule;
import static io.jubernetes.serviceproxy.ingress.Ingresses.secret;
import static io.jubernetes.serviceproxy.ingress.Ingresses.tls;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressClass;
import io.fabric8.kubernetes.api.model.networking.v1.IngressClassBuilder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.testing.MemoryCache;
import io.jubernetes.common.testing.RecordedEvents;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The controller with a real HAProxy between `curl` and web servers that say their name.
class IngressControllerTest {
    @TempDir
    private Path directory;

    private final MemoryCache<Ingress> ingresses = MemoryCache.of();
    private final MemoryCache<IngressClass> classes = MemoryCache.of(new IngressClassBuilder()
            .withNewMetadata()
            .withName(Ingresses.CLASS)
            .endMetadata()
            .withNewSpec()
            .withController(IngressController.CONTROLLER)
            .endSpec()
            .build());
    private final MemoryCache<Service> services = MemoryCache.of(
            service("one", "10.96.0.1", port("http", 80)), service("two", "10.96.0.2", port("http", 80)));
    private final MemoryCache<EndpointSlice> slices = MemoryCache.of();
    private final MemoryCache<Secret> secrets = MemoryCache.of();
    private final Map<String, List<String>> published = new ConcurrentHashMap<>();
    private final RecordedEvents events = new RecordedEvents();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<HttpServer> servers = new ArrayList<>();
    private int http;
    private int https;
    private IngressController controller;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(has("haproxy", "-v") && has("curl", "-V"), "needs haproxy and curl");
        http = freePort();
        https = freePort();
        slices.put(endpoints("one", server("one")));
        slices.put(endpoints("two", server("two")));
        controller = new IngressController(
                new IngressSettings("haproxy", "127.0.0.1", http, https, List.of("192.0.2.7")),
                sources(),
                (ingress, addresses) -> published.put(ingress.getMetadata().getName(), addresses),
                events,
                new IngressMetrics(meters),
                new SyncLoop.Periods(Duration.ZERO, Duration.ofMillis(200)));
        controller.start();
    }

    @AfterEach
    void stop() {
        if (controller != null) {
            controller.close();
        }
        servers.forEach(server -> server.stop(0));
    }

    @Test
    void requestsFindTheirService() throws Exception {
        ingresses.put(ingress(
                "it",
                rule("foo.com", path("Prefix", "/two/", "two"), path("Exact", "/two/exact", "one")),
                rule("*.bar.com", path("Prefix", "/", "one")),
                rule("", path("ImplementationSpecific", "/any", "two"))));
        await().until(() -> get("foo.com", "/two").equals("two /two"));

        assertThat(get("foo.com", "/two/deeper?q=1")).isEqualTo("two /two/deeper");
        assertThat(get("FOO.com:" + http, "/two/exact")).isEqualTo("one /two/exact");
        assertThat(get("foo.com", "/two/exact/")).as("not exact").isEqualTo("two /two/exact/");
        assertThat(get("foo.com", "/twofold")).as("not an element").isEqualTo("404");
        assertThat(get("x.bar.com", "/")).isEqualTo("one /");
        assertThat(get("x.y.bar.com", "/")).as("two labels").isEqualTo("404");
        assertThat(get("bar.com", "/")).isEqualTo("404");
        assertThat(get("other.com", "/any/thing")).isEqualTo("two /any/thing");
        assertThat(get("other.com", "/")).isEqualTo("404");
        await().until(() -> published.equals(Map.of("it", List.of("192.0.2.7"))));
    }

    @Test
    void endpointsComeAndGoWithoutARestart() throws Exception {
        ingresses.put(ingress("it", rule("", path("Prefix", "/", "one"))));
        await().until(() -> get("x", "/").equals("one /"));
        double reloads = meters.counter("ingress_haproxy_reloads_total").count();

        int other = server("other");
        slices.put(endpoints("one", other));
        await().until(() -> get("x", "/").equals("other /"));
        slices.remove(ObjectKey.of("default", "one-1"));
        await().until(() -> get("x", "/").equals("503"));
        slices.put(endpoints("one", other));
        await().until(() -> get("x", "/").equals("other /"));

        assertThat(meters.counter("ingress_haproxy_reloads_total").count()).isEqualTo(reloads);
    }

    @Test
    void noRequestFailsWhileRoutesChange() throws Exception {
        ingresses.put(ingress("it", rule("foo.com", path("Prefix", "/", "one"))));
        await().until(() -> get("foo.com", "/").equals("one /"));
        var failed = new AtomicInteger();
        var done = new AtomicBoolean();
        Thread client = Thread.ofVirtual().start(() -> {
            while (!done.get()) {
                try {
                    if (!get("foo.com", "/").equals("one /")) {
                        failed.incrementAndGet();
                    }
                } catch (Exception _) {
                    failed.incrementAndGet();
                }
            }
        });
        for (int i = 0; i < 5; i++) {
            String host = "host" + i + ".com";
            ingresses.put(ingress("more" + i, rule(host, path("Prefix", "/", "two"))));
            await().until(() -> get(host, "/").equals("two /"));
        }
        done.set(true);
        client.join();
        assertThat(failed).hasValue(0);
        assertThat(meters.counter("ingress_haproxy_reloads_total").count()).isGreaterThan(1);
    }

    @Test
    void showsTheCertificateOfTheNameThatIsAsked() throws Exception {
        for (String name : List.of("foo", "bar")) {
            Pair pair = selfSigned(name + ".com");
            Files.writeString(directory.resolve(name + ".crt"), pair.certificate());
            secrets.put(secret(name, pair.certificate(), pair.key()));
        }
        Pair other = selfSigned("other.com");
        secrets.put(secret("mixed", other.certificate(), selfSigned("x.com").key()));
        ingresses.put(ingress("foo", tls("foo", "foo.com"), rule("foo.com", path("Prefix", "/", "one"))));
        ingresses.put(ingress("bar", tls("bar"), rule("bar.com", path("Prefix", "/", "two"))));
        ingresses.put(ingress("mixed", tls("mixed", "other.com"), rule("other.com", path("Prefix", "/", "two"))));

        await().until(() -> getTls("foo.com", "foo.crt").equals("one /"));
        assertThat(getTls("bar.com", "bar.crt")).isEqualTo("two /");
        assertThat(getTls("other.com", "foo.crt"))
                .as("its key is another certificate's")
                .startsWith("curl");
        assertThat(get("other.com", "/")).as("the rest is served all the same").isEqualTo("two /");
        assertThat(events.all())
                .containsExactly("Warning InvalidSecret the Secret mixed cannot be used:"
                        + " tls.key is not the key of the certificate");
    }

    @Test
    void runsOnlyWhileThereIsSomethingToServe() throws Exception {
        ingresses.put(ingress(
                "others",
                it -> it.editSpec().withIngressClassName("others").endSpec(),
                rule("", path("Prefix", "/", "one"))));
        assertThat(get("x", "/")).as("somebody else's").isEqualTo("curl 7");

        ingresses.put(ingress("it", rule("", path("Prefix", "/", "one"))));
        await().until(() -> get("x", "/").equals("one /"));
        ingresses.remove(ObjectKey.of("default", "it"));
        await().until(() -> get("x", "/").equals("curl 7"));
        assertThat(published).containsOnlyKeys("it");
    }

    @Test
    void aDeadHaproxyIsReplaced() throws Exception {
        ingresses.put(ingress("it", rule("", path("Prefix", "/", "one"))));
        await().until(() -> get("x", "/").equals("one /"));
        try (Stream<ProcessHandle> children = ProcessHandle.current().children()) {
            children.filter(child -> child.info().command().orElse("").endsWith("haproxy"))
                    .forEach(master -> {
                        master.descendants().forEach(ProcessHandle::destroyForcibly);
                        master.destroyForcibly();
                    });
        }
        await().until(() -> get("x", "/").equals("one /"));
    }

    private IngressController.Sources sources() {
        return new IngressController.Sources() {
            @Override
            public Informed<Ingress> ingresses() {
                return ingresses;
            }

            @Override
            public Informed<IngressClass> classes() {
                return classes;
            }

            @Override
            public Informed<Service> services() {
                return services;
            }

            @Override
            public Informed<EndpointSlice> slices() {
                return slices;
            }

            @Override
            public Informed<Secret> secrets() {
                return secrets;
            }

            @Override
            public void await() {}
        };
    }

    /// Says its name and what it was asked for.
    private int server(String name) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 50);
        server.createContext("/", exchange -> {
            byte[] answer = (name + " " + exchange.getRequestURI().getPath()).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            try (exchange) {
                exchange.getResponseBody().write(answer);
            }
        });
        server.start();
        servers.add(server);
        return server.getAddress().getPort();
    }

    private static EndpointSlice endpoints(String service, int number) {
        return slice(service, at("http", number), ready("127.0.0.1"));
    }

    private String get(String host, String path) throws Exception {
        return curl("--header", "Host: " + host, "http://127.0.0.1:" + http + path);
    }

    private String getTls(String host, String trusted) throws Exception {
        return curl(
                "--resolve",
                host + ":" + https + ":127.0.0.1",
                "--cacert",
                directory.resolve(trusted).toString(),
                "https://" + host + ":" + https + "/");
    }

    private static String curl(String... words) throws Exception {
        var line = new ArrayList<>(List.of("curl", "-s", "--noproxy", "*", "-m", "5", "-w", "\n%{http_code}"));
        line.addAll(List.of(words));
        Command.Result result = Command.PLAIN.run(line, "");
        List<String> said = result.out().lines().toList();
        if (!result.ok()) {
            return "curl " + result.code();
        }
        return said.getLast().equals("200") ? said.getFirst() : said.getLast();
    }

    private record Pair(String certificate, String key) {}

    private Pair selfSigned(String host) throws Exception {
        Path key = directory.resolve(host + ".key");
        Path certificate = directory.resolve(host + ".crt");
        Command.Result made = Command.PLAIN.run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-subj",
                "/CN=" + host,
                "-addext",
                "subjectAltName=DNS:" + host,
                "-keyout",
                key.toString(),
                "-out",
                certificate.toString());
        assumeTrue(made.ok(), "needs openssl");
        return new Pair(Files.readString(certificate), Files.readString(key));
    }

    private static boolean has(String... words) throws InterruptedException {
        try {
            return Command.PLAIN.run(words).ok();
        } catch (BackendException _) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }
}
