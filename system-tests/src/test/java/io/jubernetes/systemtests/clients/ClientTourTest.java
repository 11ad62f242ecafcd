package io.jubernetes.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.jubernetes.systemtests.ClientPrograms;
import io.jubernetes.systemtests.Kubectl;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.SharedCluster;
import io.jubernetes.systemtests.clients.TourClient.Ended;
import io.jubernetes.systemtests.clients.TourClient.Forwarding;
import io.jubernetes.systemtests.clients.TourClient.PatchKind;
import io.jubernetes.systemtests.clients.TourClient.Watching;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every client's tour: create, apply, server-side apply, patch, watch, logs, exec, port-forward, delete.
@ExtendWith(SharedCluster.class)
class ClientTourTest {
    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata:
              name: site
            spec:
              terminationGracePeriodSeconds: 0
              containers:
                - name: site
                  image: IMAGE
                  command: ["sh", "-c", "echo serving; exec busybox httpd -f -p 8080 -h /srv"]
            """.replace("IMAGE", LocalCluster.IMAGE);

    /// A client, and how to get it for a namespace; that skips the test where the client cannot be had.
    record Candidate(String name, Opening opening) {
        @Override
        public String toString() {
            return name;
        }
    }

    interface Opening {
        TourClient in(LocalCluster cluster, String namespace) throws Exception;
    }

    static Stream<Candidate> clients() {
        return Stream.concat(
                Stream.of("1.28", "1.30", "1.33", "1.35")
                        .map(version -> new Candidate(
                                "kubectl " + version,
                                (cluster, namespace) -> new KubectlClient(new Kubectl(
                                        ClientPrograms.kubectl(version), cluster.kubeconfig(), namespace)))),
                Stream.of(
                        new Candidate(
                                "fabric8", (cluster, namespace) -> new Fabric8Client(cluster.kubeconfig(), namespace)),
                        new Candidate(
                                "client-java",
                                (cluster, namespace) -> new OfficialJavaClient(cluster.kubeconfig(), namespace)),
                        new Candidate(
                                "client-node",
                                (cluster, namespace) -> new NodeClient(cluster.kubeconfig(), namespace))));
    }

    @ParameterizedTest
    @MethodSource("clients")
    void tour(Candidate candidate, LocalCluster cluster) throws Exception {
        String namespace = cluster.newNamespace("tour");
        try (TourClient client = candidate.opening().in(cluster, namespace)) {
            client.create(POD);
            objects(client, cluster, namespace);
            streams(client, cluster, namespace);
            client.deletePod("site");
            LocalCluster.await("the pod to go")
                    .until(() -> cluster.admin()
                                    .pods()
                                    .inNamespace(namespace)
                                    .withName("site")
                                    .get()
                            == null);
        } finally {
            cluster.forget(namespace);
        }
    }

    private static String map(String name, String data) {
        return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata: " + data + "\n";
    }

    private static void objects(TourClient client, LocalCluster cluster, String namespace) throws Exception {
        try (Watching watching = client.watchConfigMaps()) {
            LocalCluster.await("the watch to show what is there")
                    .untilAsserted(() -> assertThat(watching.sofar()).containsExactly("ADDED kube-root-ca.crt"));
            client.apply(map("settings", "{colour: red, size: small}"));
            expect(cluster, namespace, "settings", Map.of("colour", "red", "size", "small"));
            client.apply(map("settings", "{colour: blue}"));
            expect(cluster, namespace, "settings", Map.of("colour", "blue"));

            client.patchConfigMap("settings", PatchKind.STRATEGIC, "{\"data\":{\"size\":\"big\"}}");
            expect(cluster, namespace, "settings", Map.of("colour", "blue", "size", "big"));
            client.patchConfigMap("settings", PatchKind.MERGE, "{\"data\":{\"colour\":null}}");
            client.patchConfigMap(
                    "settings",
                    PatchKind.JSON,
                    "[{\"op\":\"test\",\"path\":\"/data/size\",\"value\":\"big\"},"
                            + "{\"op\":\"move\",\"from\":\"/data/size\",\"path\":\"/data/extent\"}]");
            expect(cluster, namespace, "settings", Map.of("extent", "big"));

            serverSide(client, cluster, namespace);

            client.deleteConfigMap("settings");
            LocalCluster.await("the watch to show the deletion")
                    .untilAsserted(() -> assertThat(watching.sofar()).endsWith("DELETED settings"));
            assertThat(watching.sofar())
                    .filteredOn(event -> event.endsWith("settings"))
                    .as("each change once, in order")
                    .containsExactly(
                            "ADDED settings",
                            "MODIFIED settings",
                            "MODIFIED settings",
                            "MODIFIED settings",
                            "MODIFIED settings",
                            "DELETED settings");
            assertThat(watching.sofar()).contains("ADDED drawing", "MODIFIED drawing");
        }
    }

    private static void serverSide(TourClient client, LocalCluster cluster, String namespace) throws Exception {
        assertThat(client.applyServerSide(map("drawing", "{shape: round}"), "painter", false))
                .isEmpty();
        assertThat(client.applyServerSide(map("drawing", "{shape: square, line: thin}"), "rival", false))
                .hasValueSatisfying(
                        conflict -> assertThat(conflict).contains("conflict with \"painter\"", ".data.shape"));
        expect(cluster, namespace, "drawing", Map.of("shape", "round"));
        assertThat(client.applyServerSide(map("drawing", "{shape: square, line: thin}"), "rival", true))
                .isEmpty();
        assertThat(client.applyServerSide(map("drawing", "{shape: square}"), "rival", false))
                .isEmpty();
        expect(cluster, namespace, "drawing", Map.of("shape", "square"));
        assertThat(current(cluster, namespace, "drawing").getMetadata().getManagedFields())
                .extracting(entry -> entry.getManager() + " " + entry.getOperation())
                .containsExactly("rival Apply");
    }

    private static ConfigMap current(LocalCluster cluster, String namespace, String name) {
        return cluster.admin()
                .configMaps()
                .inNamespace(namespace)
                .withName(name)
                .require();
    }

    private static void expect(LocalCluster cluster, String namespace, String name, Map<String, String> data) {
        assertThat(current(cluster, namespace, name).getData()).isEqualTo(data);
    }

    private static void streams(TourClient client, LocalCluster cluster, String namespace) throws Exception {
        cluster.awaitReady(namespace, "site");
        LocalCluster.await("the log")
                .untilAsserted(() -> assertThat(client.logs("site")).contains("serving"));

        // A line, not the end of the input: the protocol of some clients cannot tell the end.
        Ended ended = client.exec(
                "site", "told\n", List.of("sh", "-c", "read line; echo \"got $line\"; echo complaint >&2; exit 7"));
        assertThat(ended.code()).as(ended.output()).isEqualTo(7);
        assertThat(ended.output()).contains("got told").contains("complaint");

        try (Forwarding forwarding = client.forward("site", 8080);
                var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + forwarding.port() + "/version"))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            for (int i = 0; i < 3; i++) {
                assertThat(http.send(request, HttpResponse.BodyHandlers.ofString())
                                .body())
                        .isEqualTo("v1\n");
            }
        }
    }
}
