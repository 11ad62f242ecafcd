package io.jubernetes.systemtests.clients;

import io.kubernetes.client.Exec;
import io.kubernetes.client.PodLogs;
import io.kubernetes.client.PortForward;
import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Pod;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.PatchUtils;
import io.kubernetes.client.util.Watch;
import io.kubernetes.client.util.Yaml;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The tour by `io.kubernetes:client-java`.
final class OfficialJavaClient implements TourClient {
    private final ApiClient client;
    private final CoreV1Api api;
    private final String namespace;

    OfficialJavaClient(Path kubeconfig, String namespace) throws IOException {
        this.client = connect(kubeconfig);
        this.api = new CoreV1Api(client);
        this.namespace = namespace;
    }

    static ApiClient connect(Path kubeconfig) throws IOException {
        // Watches and logs are read for as long as they last.
        return Config.fromConfig(kubeconfig.toString()).setReadTimeout(0);
    }

    @Override
    public void create(String manifest) throws Exception {
        switch (Yaml.load(manifest)) {
            case V1Pod pod -> api.createNamespacedPod(namespace, pod).execute();
            case V1ConfigMap map ->
                api.createNamespacedConfigMap(namespace, map).execute();
            default -> throw new IllegalArgumentException(manifest);
        }
    }

    @Override
    public void apply(String manifest) throws Exception {
        V1ConfigMap map = Yaml.loadAs(manifest, V1ConfigMap.class);
        try {
            api.replaceNamespacedConfigMap(nameOf(map), namespace, map).execute();
        } catch (ApiException e) {
            if (e.getCode() != 404) {
                throw e;
            }
            api.createNamespacedConfigMap(namespace, map).execute();
        }
    }

    private static String nameOf(V1ConfigMap map) {
        return Objects.requireNonNull(Objects.requireNonNull(map.getMetadata()).getName());
    }

    @Override
    public Optional<String> applyServerSide(String manifest, String manager, boolean force) throws Exception {
        String name = nameOf(Yaml.loadAs(manifest, V1ConfigMap.class));
        try {
            PatchUtils.patch(
                    V1ConfigMap.class,
                    () -> api.patchNamespacedConfigMap(name, namespace, new V1Patch(manifest))
                            .fieldManager(manager)
                            .fieldValidation("Strict")
                            .force(force)
                            .buildCall(null),
                    V1Patch.PATCH_FORMAT_APPLY_YAML,
                    client);
            return Optional.empty();
        } catch (ApiException e) {
            if (e.getCode() != 409) {
                throw e;
            }
            // The body is JSON, in which the quotes of the message are escaped.
            return Optional.of(e.getResponseBody().replace("\\\"", "\""));
        }
    }

    @Override
    public void patchConfigMap(String name, PatchKind kind, String patch) throws Exception {
        String format = switch (kind) {
            case STRATEGIC -> V1Patch.PATCH_FORMAT_STRATEGIC_MERGE_PATCH;
            case MERGE -> V1Patch.PATCH_FORMAT_JSON_MERGE_PATCH;
            case JSON -> V1Patch.PATCH_FORMAT_JSON_PATCH;
        };
        PatchUtils.patch(
                V1ConfigMap.class,
                () -> api.patchNamespacedConfigMap(name, namespace, new V1Patch(patch))
                        .buildCall(null),
                format,
                client);
    }

    @Override
    public Watching watchConfigMaps() throws Exception {
        Watch<V1ConfigMap> watch = Watch.createWatch(
                client,
                api.listNamespacedConfigMap(namespace).watch(true).buildCall(null),
                new com.google.gson.reflect.TypeToken<Watch.Response<V1ConfigMap>>() {}.getType());
        List<String> events = new CopyOnWriteArrayList<>();
        Thread reader = Thread.ofVirtual().start(() -> {
            try {
                watch.forEach(event -> events.add(event.type + " " + nameOf(event.object)));
            } catch (RuntimeException e) {
                events.add("ERROR " + e.getMessage());
            }
        });
        return new Watching(() -> List.copyOf(events), () -> {
            watch.close();
            reader.interrupt();
        });
    }

    @Override
    public String logs(String pod) throws Exception {
        try (InputStream log = new PodLogs(client)
                .streamNamespacedPodLog(api.readNamespacedPod(pod, namespace).execute())) {
            // Followed: the stream stays open, so one line is what there is to wait for.
            return new java.io.BufferedReader(new java.io.InputStreamReader(log, StandardCharsets.UTF_8)).readLine();
        }
    }

    @Override
    public Ended exec(String pod, String input, List<String> command) throws Exception {
        Process running = new Exec(client).exec(namespace, pod, command.toArray(String[]::new), true, false);
        try {
            // Taken now: after the end of the command they cannot be had any more.
            InputStream stdout = running.getInputStream();
            InputStream stderr = running.getErrorStream();
            OutputStream stdin = running.getOutputStream();
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
            stdin.flush();
            String output = new String(stdout.readAllBytes(), StandardCharsets.UTF_8)
                    + new String(stderr.readAllBytes(), StandardCharsets.UTF_8);
            if (!running.waitFor(30, TimeUnit.SECONDS)) {
                throw new TimeoutException("exec did not end: " + output);
            }
            return new Ended(running.exitValue(), output);
        } finally {
            running.destroy();
        }
    }

    /// The client gives streams, not a port: a listener passes each connection on.
    @Override
    public Forwarding forward(String pod, int port) throws Exception {
        var listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!listener.isClosed()) {
                try {
                    Socket socket = listener.accept();
                    Thread.ofVirtual().start(() -> pass(pod, port, socket));
                } catch (IOException e) {
                    return;
                }
            }
        });
        return new Forwarding(listener.getLocalPort(), listener::close);
    }

    private void pass(String pod, int port, Socket socket) {
        try (socket;
                var forward = new PortForward(client).forward(namespace, pod, List.of(port))) {
            InputStream answer = forward.getInputStream(port);
            Thread there = Thread.ofVirtual().start(() -> {
                try (OutputStream request = forward.getOutboundStream(port)) {
                    byte[] buffer = new byte[4096];
                    for (int n; (n = socket.getInputStream().read(buffer)) > 0; ) {
                        request.write(buffer, 0, n);
                        request.flush();
                    }
                } catch (IOException e) {
                    // The other side has closed; so does this one.
                }
            });
            answer.transferTo(socket.getOutputStream());
            there.interrupt();
        } catch (IOException | ApiException e) {
            // The visitor sees the connection closed, which fails the test.
        }
    }

    @Override
    public void deleteConfigMap(String name) throws Exception {
        api.deleteNamespacedConfigMap(name, namespace).execute();
    }

    @Override
    public void deletePod(String name) throws Exception {
        api.deleteNamespacedPod(name, namespace).execute();
    }

    @Override
    public void close() {
        client.getHttpClient().dispatcher().executorService().shutdownNow();
        client.getHttpClient().connectionPool().evictAll();
    }
}
