package io.jubernetes.systemtests.operations;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.jubernetes.common.client.Kubeconfigs;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.CertificateRequest;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.pki.ServiceAccountKeys;
import io.jubernetes.systemtests.Background;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Three etcd members, two API servers and HAProxy in front of them, all programs of their own on
/// loopback addresses. Used by one thread.
final class ControlPlane implements AutoCloseable {
    private static final int MEMBERS = 3;
    private static final int SERVERS = 2;
    private static final Duration RETRY = Duration.ofMillis(100);

    private final Path folder;
    private final List<Integer> etcdPorts = new ArrayList<>();
    private final List<Integer> peerPorts = new ArrayList<>();
    private final int port;
    private final int proxyPort;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final @Nullable Background[] etcd = new Background[MEMBERS];
    private final @Nullable Background[] servers = new Background[SERVERS];
    private final List<Background> others = new ArrayList<>();

    private ControlPlane(Path folder) throws IOException {
        this.folder = folder;
        for (int i = 0; i < MEMBERS; i++) {
            etcdPorts.add(Machine.freePort());
            peerPorts.add(Machine.freePort());
        }
        port = Machine.freePort();
        proxyPort = Machine.freePort();
    }

    /// Starts everything and returns when it serves.
    static ControlPlane start(Path folder) throws IOException {
        var plane = new ControlPlane(folder);
        try {
            plane.makeKeys();
            for (int i = 0; i < MEMBERS; i++) {
                plane.startMember(i);
            }
            for (int i = 0; i < SERVERS; i++) {
                plane.startServer(i);
            }
            for (int i = 0; i < SERVERS; i++) {
                plane.awaitServer(i);
            }
            plane.startProxy();
        } catch (IOException | RuntimeException | Error e) {
            plane.close();
            throw e;
        }
        return plane;
    }

    private void makeKeys() throws IOException {
        CertificateAuthority authority = CertificateAuthority.loadOrCreate(
                folder.resolve("ca.crt"), folder.resolve("ca.key"), "kubernetes", Clock.systemUTC());
        List<String> addresses = new ArrayList<>(List.of("127.0.0.1"));
        for (int i = 0; i < SERVERS; i++) {
            addresses.add(address(i));
        }
        KeyPair serving = CertificateAuthority.newKeyPair();
        Pem.writeSecret(folder.resolve("apiserver.key"), Pem.text(serving.getPrivate()));
        Pem.writePublic(
                folder.resolve("apiserver.crt"),
                Pem.text(authority.issue(
                        CertificateRequest.server("kube-apiserver", List.of("localhost"), addresses),
                        serving.getPublic())));
        ServiceAccountKeys.ensure(folder.resolve("sa.key"), folder.resolve("sa.pub"));
        KeyPair admin = CertificateAuthority.newKeyPair();
        String certificate =
                Pem.text(authority.issue(CertificateRequest.client("admin", "system:masters"), admin.getPublic()));
        kubeconfig(authority, "proxy", "127.0.0.1:" + proxyPort, certificate, admin);
        for (int i = 0; i < SERVERS; i++) {
            kubeconfig(authority, "server-" + i, address(i) + ":" + port, certificate, admin);
        }
    }

    private void kubeconfig(
            CertificateAuthority authority, String name, String server, String certificate, KeyPair keys)
            throws IOException {
        Kubeconfigs.write(
                folder.resolve(name + ".kubeconfig"),
                "test",
                "admin",
                "https://" + server,
                authority.pem(),
                certificate,
                Pem.text(keys.getPrivate()));
    }

    /// Where a server listens: all on one port, as on machines of their own.
    private static String address(int server) {
        return "127.0.0." + (2 + server);
    }

    /// The address by which a server is among the endpoints.
    static String advertised(int server) {
        return "192.0.2." + (2 + server);
    }

    /// Starts a member of etcd, again if it was killed.
    void startMember(int member) throws IOException {
        stop(etcd[member]);
        etcd[member] = Background.start(
                Map.of(),
                "etcd",
                "--name=m" + member,
                "--data-dir=" + folder.resolve("etcd-" + member),
                "--listen-client-urls=" + memberUrl(member),
                "--advertise-client-urls=" + memberUrl(member),
                "--listen-peer-urls=" + peerUrl(member),
                "--initial-advertise-peer-urls=" + peerUrl(member),
                "--initial-cluster="
                        + IntStream.range(0, MEMBERS)
                                .mapToObj(i -> "m" + i + "=" + peerUrl(i))
                                .collect(Collectors.joining(",")),
                "--logger=zap",
                "--log-level=error");
    }

    private String memberUrl(int member) {
        return "http://127.0.0.1:" + etcdPorts.get(member);
    }

    private String peerUrl(int member) {
        return "http://127.0.0.1:" + peerPorts.get(member);
    }

    /// Starts an API server, again if it was killed; [#awaitServer] tells when it serves.
    void startServer(int server) throws IOException {
        stop(servers[server]);
        servers[server] = Background.start(
                Map.of(),
                Machine.home().resolve("jube").toString(),
                "run",
                "apiserver",
                "--bind-address=" + address(server),
                "--secure-port=" + port,
                "--advertise-address=" + advertised(server),
                "--data-dir=" + folder.resolve("server-" + server),
                "--etcd-servers="
                        + IntStream.range(0, MEMBERS).mapToObj(this::memberUrl).collect(Collectors.joining(",")),
                "--client-ca-file=" + folder.resolve("ca.crt"),
                "--tls-cert-file=" + folder.resolve("apiserver.crt"),
                "--tls-private-key-file=" + folder.resolve("apiserver.key"),
                "--service-account-key-file=" + folder.resolve("sa.pub"),
                "--service-account-signing-key-file=" + folder.resolve("sa.key"),
                "--shutdown-delay-duration=8s");
    }

    void awaitServer(int server) {
        try (KubernetesClient client = client("server-" + server)) {
            LocalCluster.await("API server " + server)
                    .ignoreExceptions()
                    .until(() -> "ok".equals(client.raw("/readyz")));
        }
    }

    private void startProxy() throws IOException {
        var environment = Map.of(
                "JUBERNETES_BIND", "127.0.0.1:" + proxyPort,
                "JUBERNETES_STATS", folder.resolve("haproxy.sock").toString(),
                "JUBERNETES_API_1", address(0) + ":" + port,
                "JUBERNETES_API_2", address(1) + ":" + port);
        others.add(Background.start(
                environment,
                "haproxy",
                "-db",
                "-f",
                Machine.home().resolve("deploy/haproxy/haproxy.cfg").toString()));
        try (KubernetesClient client = client("proxy")) {
            LocalCluster.await("HAProxy").ignoreExceptions().until(() -> "ok".equals(client.raw("/readyz")));
        }
    }

    Background server(int server) {
        return Objects.requireNonNull(servers[server]);
    }

    Background member(int member) {
        return Objects.requireNonNull(etcd[member]);
    }

    /// The etcd member that leads now.
    int leader() throws IOException, InterruptedException {
        for (int i = 0; i < MEMBERS; i++) {
            JsonNode status = status(i);
            if (status.path("leader")
                    .asText("-")
                    .equals(status.path("header").path("member_id").asText())) {
                return i;
            }
        }
        throw new IllegalStateException("no member leads");
    }

    private JsonNode status(int member) throws IOException, InterruptedException {
        return Json.parse(http.send(
                        HttpRequest.newBuilder(URI.create(memberUrl(member) + "/v3/maintenance/status"))
                                .timeout(Duration.ofSeconds(5))
                                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                                .build(),
                        BodyHandlers.ofString())
                .body());
    }

    Path kubeconfig(String name) {
        return folder.resolve(name + ".kubeconfig");
    }

    /// A client that tries again what fails, as one does that has several API servers.
    ///
    /// @param name `proxy`, or `server-0` and `server-1` for the servers themselves
    KubernetesClient client(String name) {
        Config config = Config.fromKubeconfig(kubeconfig(name).toFile());
        config.setRequestRetryBackoffInterval((int) RETRY.toMillis());
        config.setRequestRetryBackoffLimit(8);
        config.setRequestTimeout(10_000);
        config.setWatchReconnectInterval((int) RETRY.toMillis());
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    @Override
    public void close() {
        others.forEach(ControlPlane::stop);
        for (Background each : servers) {
            stop(each);
        }
        for (Background each : etcd) {
            stop(each);
        }
        http.close();
    }

    private static void stop(@Nullable Background program) {
        if (program != null) {
            try {
                program.kill();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
