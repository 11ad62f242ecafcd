package io.jubernetes.benchmarks;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/// Where the processor time of GETs and of single writes goes: runs an API server on the embedded store in this JVM,
/// sends it requests over TLS, samples the server's threads, prints a table and draws a flame graph of each.
///
/// Usage: `RequestProfile DIRECTORY-OF-THE-PICTURES`
public final class RequestProfile {
    private static final Duration WARM_UP = Duration.ofSeconds(15);
    private static final Duration MEASURED = Duration.ofSeconds(20);
    private static final int CLIENTS = 4;

    private final HttpClient client;
    private final String maps;

    private RequestProfile(HttpClient client, String maps) {
        this.client = client;
        this.maps = maps;
    }

    private interface Load {
        void send(int client, long round) throws IOException, InterruptedException;
    }

    public static void main(String[] args)
            throws IOException, StartupException, GeneralSecurityException, InterruptedException {
        Path pictures = Path.of(args[0]);
        try (LocalApiServer server = LocalApiServer.start();
                HttpClient client = HttpClient.newBuilder()
                        .sslContext(trusting(server.certificates()))
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            var profile = new RequestProfile(client, server.url() + "/api/v1/namespaces/default/configmaps");
            profile.create("shared", 0);
            profile.measure("GET of one object", pictures.resolve("profile-get.svg"), (_, _) -> profile.get());
            profile.measure(
                    "creation of one object",
                    pictures.resolve("profile-create.svg"),
                    (who, round) -> profile.create("m-" + who + "-" + round, round));
        }
    }

    /// Trusts the certificate that the server made for itself.
    private static SSLContext trusting(List<Path> certificates) throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (Path file : certificates) {
            for (var certificate : Pem.certificates(file)) {
                store.setCertificateEntry(file + "#" + certificate.getSerialNumber(), certificate);
            }
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private void get() throws IOException, InterruptedException {
        send(request("/shared").GET(), 200);
    }

    private void create(String name, long round) throws IOException, InterruptedException {
        String body = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" + name
                + "\"},\"data\":{\"round\":\"" + round + "\",\"text\":\"" + "x".repeat(1000) + "\"}}";
        send(
                request("").POST(HttpRequest.BodyPublishers.ofString(body)).header("Content-Type", "application/json"),
                201);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(maps + path))
                .timeout(Duration.ofSeconds(30))
                .header("Authorization", "Bearer " + LocalApiServer.TOKEN);
    }

    private void send(HttpRequest.Builder request, int expected) throws IOException, InterruptedException {
        var response = client.send(request.build(), BodyHandlers.ofString());
        if (response.statusCode() != expected) {
            throw new IOException("status " + response.statusCode() + ": " + response.body());
        }
    }

    private void measure(String title, Path picture, Load load) throws IOException, InterruptedException {
        drive(load, 0, WARM_UP);
        try (var recording = new Recording()) {
            recording.enable("jdk.CPUTimeSample").with("throttle", "5 ms").withStackTrace();
            recording.start();
            long requests = drive(load, 1L << 32, MEASURED);
            recording.stop();
            Path file = Files.createTempFile("profile", ".jfr");
            recording.dump(file);
            report(title, picture, requests, RecordingFile.readAllEvents(file));
            Files.delete(file);
        }
    }

    /// Sends requests from several clients, one after the other from each, and returns how many.
    private static long drive(Load load, long firstRound, Duration time) throws IOException, InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        var sent = new AtomicLong();
        try (ExecutorService clients = Executors.newFixedThreadPool(
                CLIENTS, Thread.ofPlatform().name("load-", 0).factory())) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int who = i;
                running.add(clients.submit(() -> {
                    for (long round = firstRound; System.nanoTime() < end; round++) {
                        load.send(who, round);
                        sent.incrementAndGet();
                    }
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new IOException("a request failed", e.getCause());
        }
        return sent.get();
    }

    private static void report(String title, Path picture, long requests, List<RecordedEvent> events)
            throws IOException {
        var graph = new FlameGraph();
        Map<Layer, Long> layers = new EnumMap<>(Layer.class);
        long samples = 0;
        for (RecordedEvent event : events) {
            if (!event.getEventType().getName().equals("jdk.CPUTimeSample") || isClients(event)) {
                continue;
            }
            List<String> frames = event.getStackTrace() == null
                    ? List.of()
                    : event.getStackTrace().getFrames().stream()
                            .map(RequestProfile::name)
                            .toList();
            samples++;
            layers.merge(Layer.of(frames), 1L, Long::sum);
            graph.add(frames.reversed());
        }
        Files.writeString(picture, graph.svg(title + ": processor time of the API server"));
        System.out.printf("%s: %d requests a second, %d samples%n", title, requests / MEASURED.toSeconds(), samples);
        long all = Math.max(1, samples);
        Arrays.stream(Layer.values())
                .forEach(layer -> System.out.printf(
                        "  %-24s %3d %%%n", layer.title(), 100 * layers.getOrDefault(layer, 0L) / all));
    }

    private static boolean isClients(RecordedEvent event) {
        var thread = event.getThread("eventThread");
        String name = thread == null || thread.getJavaName() == null ? "" : thread.getJavaName();
        return name.startsWith("load-") || name.startsWith("HttpClient") || name.startsWith("JFR");
    }

    private static String name(RecordedFrame frame) {
        var method = frame.getMethod();
        return method.getType().getName() + "." + method.getName();
    }
}
