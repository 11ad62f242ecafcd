package io.jubernetes.systemtests;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.demo.DemoImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/// A cluster of this machine's own, started as a person would start it; purged when it is closed. Tests share it and
/// keep apart by namespaces. Its methods may be called by any thread.
public final class LocalCluster implements AutoCloseable {
    /// An image with a shell and a web server, present on the node.
    public static final String IMAGE = "jubernetes-test/site:2";

    private static final Duration LONG = Duration.ofMinutes(6);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path directory;
    private final KubernetesClient admin;

    private LocalCluster(Path directory, KubernetesClient admin) {
        this.directory = directory;
        this.admin = admin;
    }

    static LocalCluster start() throws IOException, InterruptedException, StartupException {
        return start(1);
    }

    /// A cluster for one test class; most tests share one by [SharedCluster].
    ///
    /// @param nodes how many nodes the machine plays
    public static LocalCluster start(int nodes) throws IOException, InterruptedException, StartupException {
        Path directory = Files.createTempDirectory("cluster");
        String port = Integer.toString(Machine.freePort());
        Machine.jube(LONG, directory, "up", "--secure-port", port, "--nodes", Integer.toString(nodes))
                .ok();
        DemoImage.build(IMAGE, "v1");
        return new LocalCluster(
                directory, KubernetesClients.connect(directory.resolve("admin.kubeconfig"), "system-tests"));
    }

    /// A client that may do everything, to look at what the client under test has done.
    public KubernetesClient admin() {
        return admin;
    }

    /// The administrator's kubeconfig.
    public Path kubeconfig() {
        return directory.resolve("admin.kubeconfig");
    }

    /// Makes a namespace for one test; it goes with the cluster, or by [#forget].
    ///
    /// @param prefix a lower-case word
    public String newNamespace(String prefix) {
        String name = admin.namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withGenerateName(prefix + "-")
                        .endMetadata()
                        .build())
                .create()
                .getMetadata()
                .getName();
        // Pods are refused until the service account controller has been there.
        await("the default service account")
                .until(() -> admin.serviceAccounts()
                                .inNamespace(name)
                                .withName("default")
                                .get()
                        != null);
        return name;
    }

    /// Begins to delete a namespace; nobody waits for the end.
    public void forget(String namespace) {
        admin.namespaces().withName(namespace).delete();
    }

    /// Waits until a pod is as it should be.
    public Pod awaitPod(String namespace, String name, Predicate<Pod> condition) {
        return await("pod " + name)
                .until(
                        () -> admin.pods().inNamespace(namespace).withName(name).get(),
                        pod -> pod != null && condition.test(pod));
    }

    /// Waits until a pod is ready.
    public Pod awaitReady(String namespace, String name) {
        return awaitPod(namespace, name, Readiness.getInstance()::isReady);
    }

    /// The beginning of every wait here: patient for a minute, looking often.
    public static ConditionFactory await(String what) {
        return Awaitility.await(what).atMost(PATIENCE).pollInterval(Duration.ofMillis(100));
    }

    @Override
    public void close() throws IOException {
        admin.close();
        try {
            Machine.jube(LONG, directory, "down", "--purge").ok();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(directory);
    }
}
