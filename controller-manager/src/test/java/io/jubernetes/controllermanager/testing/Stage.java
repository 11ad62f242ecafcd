package io.jubernetes.controllermanager.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.testing.HandClock;
import io.jubernetes.controllermanager.RunningControllers;
import io.jubernetes.controllermanager.cloud.PlayedCloud;
import io.jubernetes.controllermanager.workload.Times;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/// Where a test meets controllers: they run against the real API server over a way on which things may go
/// wrong, with a clock that the test moves. The test itself acts as the administrator on a way of its
/// own. One thread at a time.
public final class Stage implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final InProcessApiServer server;
    private final String name = "t" + NUMBERS.incrementAndGet() + "-x";
    private final HandClock clock = new HandClock();
    private final PlayedCloud cloud = new PlayedCloud();
    private final UnreliableProxy proxy;
    private final String[] flags;
    private final List<PlayedKubelet> players = new ArrayList<>();
    private RunningControllers controllers;
    private int restartsLeft;
    private int restartAt;

    private Stage(InProcessApiServer server, Mischief mischief, int restarts, String... flags) throws Exception {
        this.server = server;
        this.flags = flags;
        this.restartsLeft = restarts;
        this.proxy = new UnreliableProxy(server.address(), mischief);
        this.restartAt = 12;
        server.admin()
                .namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        this.controllers = RunningControllers.start(server.kubeconfig(proxy.address()), clock, cloud, flags);
    }

    /// Controllers on a way where nothing goes wrong unless the test has it so.
    ///
    /// @param flags of the controller manager, such as `--controllers=job-controller`
    public static Stage open(InProcessApiServer server, String... flags) throws Exception {
        return new Stage(server, Mischief.none(), 0, flags);
    }

    /// Controllers that meet mischief and are restarted a few times while the test waits for them.
    public static Stage troubled(InProcessApiServer server, Mischief mischief, int restarts, String... flags)
            throws Exception {
        return new Stage(server, mischief, restarts, flags);
    }

    /// The namespace of this stage; objects in none begin with it.
    public String name() {
        return name;
    }

    /// The administrator's client, on a way of its own.
    public KubernetesClient client() {
        return server.admin();
    }

    public RawApi api() {
        return new RawApi(server.admin());
    }

    public HandClock clock() {
        return clock;
    }

    /// Where the cluster runs.
    public PlayedCloud cloud() {
        return cloud;
    }

    /// The controllers' way to the API server.
    public UnreliableProxy proxy() {
        return proxy;
    }

    public RunningControllers controllers() {
        return controllers;
    }

    /// Creates objects written in YAML, where `NAME` stands for [#name] and `NOW` for the time.
    public void create(String yaml) {
        createIn(name, yaml);
    }

    /// Creates objects in another namespace.
    public void createIn(String namespace, String yaml) {
        client().resourceList(filledIn(yaml)).inNamespace(namespace).create();
    }

    /// Creates what all stages on one server share, unless it is there.
    public void createOnce(String yaml) {
        HasMetadata object = client().resource(yaml).item();
        if (client().resource(object).get() == null) {
            client().resource(object).create();
        }
    }

    /// Creates an object of a kind that the typed client does not know, as soon as it is served.
    public void createCustom(String path, String yaml) {
        JsonNode object = tree(yaml);
        await("the kind to be served", () -> {
            try {
                return api().post(path, object) != null;
            } catch (KubernetesClientException e) {
                if (e.getCode() == 404) {
                    return false;
                }
                throw e;
            }
        });
    }

    /// Changes an object by a JSON patch.
    public void patch(String path, String change) {
        JsonNode _ = api().patch(filledIn(path), "application/json-patch+json", tree(change));
    }

    /// Changes an object's status by a merge patch.
    public void patchStatus(String path, String change) {
        JsonNode _ = api().patch(filledIn(path) + "/status", RawApi.MERGE_PATCH, tree(change));
    }

    /// Deletes an object.
    ///
    /// @param propagation `Background`, `Foreground` or `Orphan`
    public void delete(String path, String propagation) {
        JsonNode _ = api().delete(
                        path,
                        Json.object()
                                .put("kind", "DeleteOptions")
                                .put("apiVersion", "v1")
                                .put("propagationPolicy", propagation));
    }

    private String filledIn(String text) {
        return text.replace("NAME", name).replace("NOW", Times.text(clock.instant()));
    }

    private JsonNode tree(String text) {
        try {
            return Yaml.read(filledIn(text).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Has pods run at once, or end.
    ///
    /// @param phases what becomes of a pod: `Pending` for nothing, `Running`, `Succeeded` or `Failed`
    public void play(Function<Pod, String> phases) {
        players.add(new PlayedKubelet(client(), name, phases));
    }

    /// The objects of a kind in this stage's namespace.
    public <T extends HasMetadata> List<T> all(Class<T> kind) {
        return client().resources(kind).inNamespace(name).list().getItems();
    }

    /// Waits for something to become true; there is a limit.
    public void await(String what, Callable<Boolean> condition) {
        patiently(what)
                .ignoreExceptionsMatching(failure ->
                        failure instanceof NullPointerException || failure instanceof IndexOutOfBoundsException)
                .until(() -> {
                    restartWhenDue();
                    return condition.call();
                });
    }

    /// Waits until there is what a picture shows.
    public void awaitPicture(List<String> paths, List<String> expected) {
        patiently("the same end").untilAsserted(() -> {
            restartWhenDue();
            assertThat(picture(paths)).isEqualTo(expected);
        });
    }

    /// Waits until the controllers have nothing to do.
    public void awaitIdle() {
        patiently("idle controllers").during(Duration.ofMillis(250)).until(() -> controllers.isIdle());
    }

    /// Failures of other threads are other stages'.
    private static ConditionFactory patiently(String what) {
        return Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(60))
                .dontCatchUncaughtExceptions();
    }

    private void restartWhenDue() throws Exception {
        if (restartsLeft > 0 && proxy.requests() >= restartAt) {
            restartsLeft--;
            restart();
            restartAt = proxy.requests() + 25;
        }
    }

    /// Ends the controllers and starts them again, without anything they knew.
    public void restart() throws Exception {
        controllers.close();
        controllers = RunningControllers.start(server.kubeconfig(proxy.address()), clock, cloud, flags);
    }

    /// What there is now, see [Picture].
    public List<String> picture(List<String> paths) {
        return Picture.of(api(), name, paths);
    }

    @Override
    public void close() {
        players.forEach(PlayedKubelet::close);
        controllers.close();
        proxy.close();
        client().nodes().withLabel("stage", name).delete();
    }
}
