package io.jubernetes.hyperkube.demo;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cli.Progress;
import io.jubernetes.hyperkube.doctor.Shell;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// The guided tour: a web site is deployed, reached in three ways, repaired after a crash and updated while it is used.
public final class Demo {
    /// A patch, because an update would conflict with the status that the controller writes meanwhile.
    private static final String TO_V2 =
            "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"jubernetes-demo:v2\"}]}}}}";

    private static final String NAMESPACE = "demo";
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(5);

    private final KubernetesClient client;
    private final Progress progress;
    private final String nodeAddress;

    /// @param nodeAddress where node ports can be reached
    public Demo(KubernetesClient client, Progress progress, String nodeAddress) {
        this.client = client;
        this.progress = progress;
        this.nodeAddress = nodeAddress;
    }

    /// Runs the tour.
    ///
    /// @throws StartupException when a step does not come out as it should
    public void run() throws StartupException, InterruptedException {
        progress.step("making a web image from this machine's busybox");
        DemoImage.build("v1");
        DemoImage.build("v2");
        progress.step("applying deploy/examples/web.yaml");
        apply();
        progress.step("waiting for 3 replicas");
        await("the deployment to become available", () -> available() == 3);
        reach();
        crash();
        rollOut();
        progress.say("");
        progress.say(
                "The site stays up. Look around with kubectl -n demo get all, then kubectl delete namespace demo.");
    }

    private void apply() throws StartupException {
        try (var manifest =
                Objects.requireNonNull(Demo.class.getResourceAsStream("/examples/web.yaml"), "examples/web.yaml")) {
            for (HasMetadata object : client.load(manifest).items()) {
                client.resource(object)
                        .fieldManager("jube-demo")
                        .forceConflicts()
                        .serverSideApply();
            }
        } catch (IOException e) {
            throw new StartupException("cannot read the demo's manifest", e);
        }
    }

    private int available() {
        Deployment web = client.apps()
                .deployments()
                .inNamespace(NAMESPACE)
                .withName("web")
                .get();
        boolean current = web != null
                && web.getStatus() != null
                && Objects.equals(
                        web.getStatus().getObservedGeneration(),
                        web.getMetadata().getGeneration())
                && Objects.equals(
                        web.getStatus().getUpdatedReplicas(), web.getSpec().getReplicas())
                && Objects.equals(web.getStatus().getReplicas(), web.getSpec().getReplicas());
        return !current || web.getStatus().getAvailableReplicas() == null
                ? 0
                : web.getStatus().getAvailableReplicas();
    }

    private void reach() throws StartupException, InterruptedException {
        String clusterUrl = "http://" + service().getSpec().getClusterIP() + "/page/index.html";
        progress.step("fetching the page through the cluster address " + clusterUrl);
        expectPage(() -> fetch(clusterUrl));
        String nodeUrl = nodePortUrl("/page/index.html");
        progress.step("fetching the page through the node port " + nodeUrl);
        expectPage(() -> fetch(nodeUrl));
        String name = "web.demo.svc.cluster.local";
        progress.step("fetching the page from inside a pod by the name " + name);
        // Not wget: the static busybox of some distributions cannot resolve names with it.
        expectPage(() -> exec(
                "/bin/busybox",
                "sh",
                "-c",
                "printf 'GET /page/index.html HTTP/1.0\\r\\n\\r\\n' | /bin/busybox nc " + name + " 80"));
    }

    private Service service() {
        return client.services().inNamespace(NAMESPACE).withName("web").require();
    }

    private String nodePortUrl(String path) {
        return "http://" + nodeAddress + ":"
                + service().getSpec().getPorts().getFirst().getNodePort() + path;
    }

    private static void expectPage(Supplier<String> fetch) throws StartupException, InterruptedException {
        String[] last = {""};
        await("the page to be served", () -> {
            last[0] = fetch.get();
            return last[0].contains("Hello from Jubernetes");
        });
    }

    private static String fetch(String url) {
        try (HttpClient http = HttpClient.newBuilder()
                .connectTimeout(REQUEST_LIMIT)
                .version(HttpClient.Version.HTTP_1_1)
                .build()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create(url))
                                    .timeout(REQUEST_LIMIT)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private List<Pod> pods() {
        return client.pods().inNamespace(NAMESPACE).withLabel("app", "web").list().getItems().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    private String exec(String... command) {
        var output = new ByteArrayOutputStream();
        String pod = pods().getFirst().getMetadata().getName();
        try (ExecWatch watch = client.pods()
                .inNamespace(NAMESPACE)
                .withName(pod)
                .writingOutput(output)
                .exec(command)) {
            watch.exitCode().get(REQUEST_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return output.toString(StandardCharsets.UTF_8);
    }

    private void crash() throws StartupException, InterruptedException {
        Pod victim = pods().getFirst();
        String name = victim.getMetadata().getName();
        String id = victim.getStatus().getContainerStatuses().getFirst().getContainerID();
        progress.step("killing the container of pod " + name);
        Shell.Result killed = Shell.run(PATIENCE, "docker", "kill", id.substring(id.lastIndexOf('/') + 1));
        if (!killed.ok()) {
            throw new StartupException("cannot kill the container: " + killed.output());
        }
        progress.step("watching it come back");
        await("the container to be restarted", () -> {
            Pod pod = client.pods().inNamespace(NAMESPACE).withName(name).get();
            return pod != null
                    && pod.getStatus().getContainerStatuses().getFirst().getRestartCount() > 0
                    && pod.getStatus().getContainerStatuses().getFirst().getReady();
        });
    }

    private void rollOut() throws StartupException, InterruptedException {
        String url = nodePortUrl("/version");
        progress.step("rolling out v2 while the site is used");
        int sent;
        int failed;
        try (var requests = new RequestLoop(url)) {
            client.apps()
                    .deployments()
                    .inNamespace(NAMESPACE)
                    .withName("web")
                    .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), TO_V2);
            await("the new version to be rolled out", () -> available() == 3 && pods().size() == 3);
            await("the new version to answer", () -> fetch(url).contains("v2"));
            sent = requests.sent();
            failed = requests.failed();
        }
        progress.done();
        progress.say("    " + sent + " requests during the roll-out, " + failed + " failed");
        if (failed > 0) {
            throw new StartupException(failed + " of " + sent + " requests failed during the roll-out");
        }
    }

    private static void await(String what, BooleanSupplier condition) throws StartupException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new StartupException("waited " + PATIENCE.toSeconds() + " seconds in vain for " + what);
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            LockSupport.parkNanos(100_000_000);
        }
    }
}
