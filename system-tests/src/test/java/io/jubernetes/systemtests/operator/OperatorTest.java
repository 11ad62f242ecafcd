package io.jubernetes.systemtests.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.jubernetes.systemtests.ClientPrograms;
import io.jubernetes.systemtests.Kubectl;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.Machine;
import io.jubernetes.systemtests.SharedCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// An operator's day: it takes the lease, makes what is wanted, repairs it, reports, and cleans up before the end.
@ExtendWith(SharedCluster.class)
class OperatorTest {
    @Test
    void managesItsKind(LocalCluster cluster) throws Exception {
        String namespace = cluster.newNamespace("operator");
        var kubectl = new Kubectl(ClientPrograms.kubectl(), cluster.kubeconfig(), namespace);
        kubectl.ok(
                Files.readString(Machine.home().resolve("system-tests/src/test/manifests/operator.yaml")),
                "apply -f -");
        kubectl.ok("wait --for=condition=Established crd/greetings.tests.jubernetes.io --timeout=30s");

        var reconciler = new GreetingReconciler();
        try (KubernetesClient client = asGreeter(cluster, namespace)) {
            var operator = new Operator(settings -> settings.withKubernetesClient(client)
                    .withCloseClientOnStop(false)
                    .withReconciliationTerminationTimeout(Duration.ofSeconds(5))
                    .withLeaderElectionConfiguration(
                            LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration("greeter")
                                    .withLeaseNamespace(namespace)
                                    .build()));
            operator.register(reconciler, settings -> settings.settingNamespace(namespace));
            operator.start();
            try {
                operatesOn(cluster, namespace, kubectl);
            } finally {
                operator.stop();
            }
        }
        assertThat(reconciler.cleaned()).containsExactly("world");
        cluster.forget(namespace);
    }

    private static void operatesOn(LocalCluster cluster, String namespace, Kubectl kubectl) throws Exception {
        var greetings = cluster.admin().resources(Greeting.class).inNamespace(namespace);
        assertThatThrownBy(() -> greetings.resource(greeting("nobody")).create())
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("somebody must be greeted");
        greetings.resource(greeting("World")).create();
        LocalCluster.await("the greeting")
                .untilAsserted(() -> assertThat(text(cluster, namespace)).isEqualTo("Hello World!"));
        LocalCluster.await("the status")
                .untilAsserted(
                        () -> assertThat(greetings.withName("world").get().getStatus())
                                .isEqualTo(new Greeting.Status("Greeted", 1L)));
        assertThat(greetings.withName("world").get().getMetadata().getFinalizers())
                .containsExactly("tests.jubernetes.io/greeter");
        assertThat(kubectl.ok("get greet world --no-headers")).containsPattern("^world +Greeted");

        kubectl.run(
                        "",
                        java.util.List.of(
                                "patch", "greeting", "world", "--type=merge", "-p", "{\"spec\":{\"times\":2}}"))
                .ok();
        LocalCluster.await("the change")
                .untilAsserted(() -> assertThat(text(cluster, namespace)).isEqualTo("Hello World! Hello World!"));
        LocalCluster.await("the status of the change")
                .untilAsserted(
                        () -> assertThat(greetings.withName("world").get().getStatus())
                                .isEqualTo(new Greeting.Status("Greeted", 2L)));

        cluster.admin().configMaps().inNamespace(namespace).withName("world").edit(map -> {
            map.setData(Map.of("greeting", "Go away"));
            return map;
        });
        LocalCluster.await("the repair")
                .untilAsserted(() -> assertThat(text(cluster, namespace)).isEqualTo("Hello World! Hello World!"));

        kubectl.ok("delete greeting world --timeout=30s");
        LocalCluster.await("the garbage collector to follow the owner")
                .untilAsserted(() -> assertThat(text(cluster, namespace)).isNull());
    }

    private static Greeting greeting(String name) {
        var greeting = new Greeting();
        greeting.setMetadata(new ObjectMetaBuilder().withName("world").build());
        greeting.setSpec(new Greeting.Spec(name, null));
        return greeting;
    }

    private static @Nullable String text(LocalCluster cluster, String namespace) {
        ConfigMap map = cluster.admin()
                .configMaps()
                .inNamespace(namespace)
                .withName("world")
                .get();
        return map == null ? null : map.getData().get("greeting");
    }

    private static KubernetesClient asGreeter(LocalCluster cluster, String namespace) throws IOException {
        String token = cluster.admin()
                .serviceAccounts()
                .inNamespace(namespace)
                .withName("greeter")
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(3600L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
        Config config = Config.fromKubeconfig(cluster.kubeconfig().toFile());
        config.setClientCertData(null);
        config.setClientKeyData(null);
        config.setOauthToken(token);
        config.setNamespace(namespace);
        return new KubernetesClientBuilder().withConfig(config).build();
    }
}
