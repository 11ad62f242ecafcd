package io.jubernetes.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.jubernetes.systemtests.ClientPrograms;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.Machine;
import io.jubernetes.systemtests.SharedCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// A release's life by Helm: installed with its hook, tested, upgraded, rolled back, uninstalled.
@ExtendWith(SharedCluster.class)
class HelmTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String CHART =
            Machine.home().resolve("system-tests/src/test/charts/site").toString();

    @TempDir
    Path home;

    private String helm(LocalCluster cluster, String namespace, String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                ClientPrograms.helm().toString(),
                "--kubeconfig",
                cluster.kubeconfig().toString(),
                "--namespace",
                namespace));
        line.addAll(List.of(arguments));
        Machine.Ran ran = Machine.runApart(
                LIMIT,
                // Nothing of the person's who runs the test, and nothing left behind.
                Map.of(
                        "HELM_CACHE_HOME", home.toString(),
                        "HELM_CONFIG_HOME", home.toString(),
                        "HELM_DATA_HOME", home.toString(),
                        "HOME", home.toString()),
                "",
                line.toArray(String[]::new));
        assertThat(ran.code()).as(ran.output() + ran.errors()).isZero();
        return ran.output();
    }

    @Test
    void releaseLife(LocalCluster cluster) throws Exception {
        String namespace = cluster.newNamespace("helm");
        String image = "image=" + LocalCluster.IMAGE;
        assertThat(helm(cluster, namespace, "install", "shop", CHART, "--set", image, "--wait", "--timeout", "90s"))
                .contains("STATUS: deployed", "REVISION: 1");
        assertThat(deployment(cluster, namespace).getStatus().getReadyReplicas())
                .isOne();
        assertThat(cluster.admin()
                        .batch()
                        .v1()
                        .jobs()
                        .inNamespace(namespace)
                        .list()
                        .getItems())
                .as("the hook has run and is gone")
                .isEmpty();
        assertThat(helm(cluster, namespace, "test", "shop", "--timeout", "60s")).containsPattern("Phase: +Succeeded");

        helm(
                cluster,
                namespace,
                "upgrade",
                "shop",
                CHART,
                "--set",
                image,
                "--set",
                "replicas=2,greeting=Welcome",
                "--wait",
                "--timeout",
                "90s");
        assertThat(page(cluster, namespace)).isEqualTo("Welcome from revision 2");
        assertThat(deployment(cluster, namespace).getStatus().getReadyReplicas())
                .isEqualTo(2);

        helm(cluster, namespace, "rollback", "shop", "1", "--wait", "--timeout", "90s");
        assertThat(page(cluster, namespace)).isEqualTo("Hello from revision 1");
        assertThat(deployment(cluster, namespace).getStatus().getReadyReplicas())
                .isOne();
        JsonNode history = new ObjectMapper().readTree(helm(cluster, namespace, "history", "shop", "--output", "json"));
        assertThat(StreamSupport.stream(history.spliterator(), false)
                        .map(revision -> revision.path("revision").asInt() + " "
                                + revision.path("status").asText()))
                .containsExactly("1 superseded", "2 superseded", "3 deployed");

        helm(cluster, namespace, "uninstall", "shop", "--wait", "--timeout", "60s");
        assertThat(cluster.admin()
                        .apps()
                        .deployments()
                        .inNamespace(namespace)
                        .list()
                        .getItems())
                .isEmpty();
        assertThat(cluster.admin().services().inNamespace(namespace).list().getItems())
                .isEmpty();
        assertThat(cluster.admin()
                        .secrets()
                        .inNamespace(namespace)
                        .withLabel("owner", "helm")
                        .list()
                        .getItems())
                .as("Helm's records")
                .isEmpty();
        assertThat(helm(cluster, namespace, "list", "--short")).isBlank();
        cluster.forget(namespace);
    }

    private static Deployment deployment(LocalCluster cluster, String namespace) {
        return cluster.admin()
                .apps()
                .deployments()
                .inNamespace(namespace)
                .withName("shop")
                .require();
    }

    private static @Nullable String page(LocalCluster cluster, String namespace) {
        return cluster.admin()
                .configMaps()
                .inNamespace(namespace)
                .withName("shop-page")
                .require()
                .getData()
                .get("index.html");
    }
}
