package io.jubernetes.systemtests.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.systemtests.ClientPrograms;
import io.jubernetes.systemtests.Kubectl;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.SharedCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// A node's kubelet, reached by kubectl.
@ExtendWith(SharedCluster.class)
class NodeTest {
    private static Kubectl kubectl(LocalCluster cluster) {
        return new Kubectl(ClientPrograms.kubectl(), cluster.kubeconfig(), cluster.newNamespace("node"));
    }

    private static String node(LocalCluster cluster) {
        return cluster.admin()
                .nodes()
                .list()
                .getItems()
                .getFirst()
                .getMetadata()
                .getName();
    }

    @Test
    void aManifestSentToTheKubeletIsAStaticPod(LocalCluster cluster, @TempDir Path directory) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        String node = node(cluster);
        Path manifest =
                Files.writeString(directory.resolve("manifest.yaml"), """
                apiVersion: v1
                kind: Pod
                metadata: {name: pushed, namespace: NAMESPACE}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers: [{name: main, image: IMAGE, command: [sleep, "1000"]}]
                """.replace("NAMESPACE", kubectl.namespace())
                        .replace("IMAGE", LocalCluster.IMAGE));
        String path = "/api/v1/nodes/" + node + "/proxy/manifest";
        kubectl.ok("create --raw " + path + " -f " + manifest);
        String name = "pushed-" + node;
        Pod mirror = cluster.awaitReady(kubectl.namespace(), name);
        assertThat(mirror.getMetadata().getAnnotations())
                .containsKey("kubernetes.io/config.mirror")
                .containsEntry("kubernetes.io/config.source", "listener");
        kubectl.ok("delete pod " + name + " --wait=false");
        Pod again = cluster.awaitPod(
                kubectl.namespace(),
                name,
                pod -> !pod.getMetadata().getUid().equals(mirror.getMetadata().getUid()));
        assertThat(cluster.awaitReady(kubectl.namespace(), name).getStatus().getContainerStatuses())
                .as("only its picture came back, its container went on")
                .extracting(status -> status.getContainerID())
                .containsExactly(
                        mirror.getStatus().getContainerStatuses().getFirst().getContainerID());
        assertThat(again.getMetadata().getName()).isEqualTo(name);
        kubectl.ok("delete --raw " + path);
        LocalCluster.await("the end of the static pod")
                .until(() -> cluster.admin()
                        .pods()
                        .inNamespace(kubectl.namespace())
                        .list()
                        .getItems()
                        .isEmpty());
        cluster.forget(kubectl.namespace());
    }

    @Test
    void aPodWaitsForTheDriverOfItsDevices(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        String node = node(cluster);
        kubectl.ok("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaim
                metadata: {name: gpu}
                spec: {devices: {requests: [{name: card, exactly: {deviceClassName: cards}}]}}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: wants}
                spec:
                  nodeName: NODE
                  terminationGracePeriodSeconds: 0
                  resourceClaims: [{name: gpu, resourceClaimName: gpu}]
                  containers:
                  - {name: main, image: IMAGE, command: [sleep, "1000"], resources: {claims: [{name: gpu}]}}
                """.replace("NODE", node).replace("IMAGE", LocalCluster.IMAGE), "apply -f -");
        awaitEvent(cluster, kubectl, "is not allowed to use ResourceClaim gpu");
        String uid = kubectl.ok("get pod wants -o jsonpath={.metadata.uid}");
        kubectl.ok("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaim
                metadata: {name: gpu}
                status:
                  allocation:
                    devices: {results: [{request: card, driver: gpu.example.com, pool: pool, device: card-0}]}
                  reservedFor: [{resource: pods, name: wants, uid: UID}]
                """.replace("UID", uid), "apply --server-side --subresource=status -f -");
        awaitEvent(cluster, kubectl, "DRA driver gpu.example.com is not registered");
        assertThat(kubectl.ok("get pod wants")).contains("ContainerCreating");
        kubectl.ok("delete pod wants");
        cluster.forget(kubectl.namespace());
    }

    private static void awaitEvent(LocalCluster cluster, Kubectl kubectl, String text) {
        LocalCluster.await(text)
                .until(() -> cluster.admin().v1().events().inNamespace(kubectl.namespace()).list().getItems().stream()
                        .anyMatch(event -> event.getReason().equals("FailedPrepareDynamicResources")
                                && event.getMessage().contains(text)));
    }
}
