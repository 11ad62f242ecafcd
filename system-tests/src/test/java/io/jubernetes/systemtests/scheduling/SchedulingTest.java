package io.jubernetes.systemtests.scheduling;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.systemtests.ClientPrograms;
import io.jubernetes.systemtests.Kubectl;
import io.jubernetes.systemtests.LocalCluster;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Affinity, preemption and devices on three nodes, with what users are told when there is no room.
class SchedulingTest {
    private static LocalCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = LocalCluster.start(3);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    private static Kubectl kubectl(String prefix) {
        return new Kubectl(ClientPrograms.kubectl(), cluster.kubeconfig(), cluster.newNamespace(prefix));
    }

    private static List<String> nodes() {
        return cluster.admin().nodes().list().getItems().stream()
                .map(node -> node.getMetadata().getName())
                .sorted()
                .toList();
    }

    private static List<Pod> pods(Kubectl kubectl) {
        return cluster.admin().pods().inNamespace(kubectl.namespace()).list().getItems();
    }

    /// The nodes of the pods that have one.
    private static List<String> taken(Kubectl kubectl) {
        return pods(kubectl).stream()
                .map(pod -> pod.getSpec().getNodeName())
                .filter(name -> name != null)
                .sorted()
                .toList();
    }

    private static void awaitReason(Kubectl kubectl, String pod, String reason) {
        cluster.awaitPod(
                kubectl.namespace(),
                pod,
                state -> state.getStatus().getConditions().stream()
                        .filter(condition -> condition.getType().equals("PodScheduled"))
                        .map(PodCondition::getMessage)
                        .anyMatch(reason::equals));
    }

    /// A pod that sleeps.
    ///
    /// @param spec more of its spec, each line indented by two blanks
    private static String pod(String name, String spec) {
        return """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: NAME
                  labels: {app: NAME}
                spec:
                  terminationGracePeriodSeconds: 0
                SPEC
                  containers:
                    - name: main
                      image: IMAGE
                      command: [sleep, "1000"]
                """.replace("NAME", name).replace("SPEC\n", spec).replace("IMAGE", LocalCluster.IMAGE);
    }

    @Test
    void podsThatKeepApartGetANodeEach() throws Exception {
        Kubectl kubectl = kubectl("apart");
        kubectl.ok("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: it}
                spec:
                  replicas: 3
                  selector: {matchLabels: {app: it}}
                  template:
                    metadata: {labels: {app: it}}
                    spec:
                      terminationGracePeriodSeconds: 0
                      affinity:
                        podAntiAffinity:
                          requiredDuringSchedulingIgnoredDuringExecution:
                            - topologyKey: kubernetes.io/hostname
                              labelSelector: {matchLabels: {app: it}}
                      containers:
                        - {name: main, image: IMAGE, command: [sleep, "1000"]}
                """.replace("IMAGE", LocalCluster.IMAGE), "apply -f -");
        kubectl.ok("rollout status deployment/it --timeout=90s");
        assertThat(taken(kubectl)).isEqualTo(nodes());

        kubectl.ok("scale deployment/it --replicas=4");
        String why =
                "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. preemption: 0/3 nodes are"
                        + " available: 3 No preemption victims found for incoming pod.";
        LocalCluster.await("the event")
                .untilAsserted(() -> assertThat(kubectl.ok(
                                "get events --field-selector reason=FailedScheduling -o jsonpath={..message}"))
                        .isEqualTo(why));
        // A pod that goes makes room for the one that waits.
        kubectl.ok("delete pod --wait=false "
                + pods(kubectl).stream()
                        .filter(pod -> nodes().getFirst().equals(pod.getSpec().getNodeName()))
                        .findFirst()
                        .orElseThrow()
                        .getMetadata()
                        .getName());
        LocalCluster.await("a pod on the node that came free")
                .untilAsserted(() -> assertThat(taken(kubectl)).isEqualTo(nodes()));
        cluster.forget(kubectl.namespace());
    }

    @Test
    void aPodWaitsForItsNodeAndGoesToItsCompany() throws Exception {
        Kubectl kubectl = kubectl("affinity");
        kubectl.ok(pod("leader", "  nodeSelector: {disk: fast}\n"), "apply -f -");
        awaitReason(
                kubectl,
                "leader",
                "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are"
                        + " available: 3 Preemption is not helpful for scheduling.");
        kubectl.ok(pod("follower", """
                  affinity:
                    podAffinity:
                      requiredDuringSchedulingIgnoredDuringExecution:
                        - topologyKey: kubernetes.io/hostname
                          labelSelector: {matchLabels: {app: leader}}
                """.indent(0)), "apply -f -");
        awaitReason(
                kubectl,
                "follower",
                "0/3 nodes are available: 3 node(s) didn't match pod affinity rules. preemption: 0/3 nodes are available:"
                        + " 3 Preemption is not helpful for scheduling.");
        String chosen = nodes().getLast();
        kubectl.ok("label node " + chosen + " disk=fast");
        kubectl.ok("wait pod/leader pod/follower --for=condition=Ready --timeout=60s");
        assertThat(taken(kubectl)).containsExactly(chosen, chosen);
        kubectl.ok("label node " + chosen + " disk-");
        cluster.forget(kubectl.namespace());
    }

    @Test
    void anImportantPodTakesTheRoomOfOneThatNoBudgetProtects() throws Exception {
        Kubectl kubectl = kubectl("preempt");
        kubectl.ok("""
                apiVersion: scheduling.k8s.io/v1
                kind: PriorityClass
                metadata: {name: important}
                value: 1000
                ---
                apiVersion: policy/v1
                kind: PodDisruptionBudget
                metadata: {name: keep}
                spec:
                  minAvailable: 2
                  selector: {matchLabels: {keep: "yes"}}
                """, "apply -f -");
        // Each takes more than half of a node.
        Quantity cpu = requireNonNull(cluster.admin()
                .nodes()
                .withName(nodes().getFirst())
                .get()
                .getStatus()
                .getAllocatable()
                .get("cpu"));
        long most = cpu.getNumericalAmount().movePointRight(3).longValue() * 6 / 10;
        for (String node : nodes()) {
            kubectl.ok(filling("low-" + node, "", most), "apply -f -");
        }
        for (String node : nodes()) {
            cluster.awaitReady(kubectl.namespace(), "low-" + node);
        }
        assertThat(taken(kubectl)).isEqualTo(nodes());
        // The budget holds for the pods of all nodes but one.
        Pod victim = pods(kubectl).stream()
                .filter(pod -> nodes().get(1).equals(pod.getSpec().getNodeName()))
                .findFirst()
                .orElseThrow();
        for (Pod pod : pods(kubectl)) {
            if (!pod.equals(victim)) {
                kubectl.ok("label pod " + pod.getMetadata().getName() + " keep=yes");
            }
        }
        LocalCluster.await("the budget's count")
                .untilAsserted(() -> assertThat(kubectl.ok(
                                "get pdb keep -o jsonpath={.status.expectedPods}/{.status.disruptionsAllowed}"))
                        .isEqualTo("2/0"));

        kubectl.ok(filling("high", "  priorityClassName: important\n", most), "apply -f -");
        Pod high = cluster.awaitReady(kubectl.namespace(), "high");
        assertThat(high.getSpec().getNodeName()).isEqualTo(nodes().get(1));
        assertThat(pods(kubectl))
                .extracting(pod -> pod.getMetadata().getName())
                .hasSize(3)
                .doesNotContain(victim.getMetadata().getName());
        assertThat(kubectl.ok("get events --field-selector reason=Preempted -o jsonpath={..message}"))
                .isEqualTo("Preempted by pod " + high.getMetadata().getUid() + " on node " + nodes().get(1));
        kubectl.ok("delete priorityclass important");
        cluster.forget(kubectl.namespace());
    }

    private static String filling(String name, String spec, long millis) {
        return pod(name, spec) + "      resources: {requests: {cpu: %dm}}\n".formatted(millis);
    }

    /// The driver of the devices is played by the test: it offers one device on one node.
    @Test
    void aPodGoesWhereItsDeviceIs() throws Exception {
        Kubectl kubectl = kubectl("devices");
        String node = nodes().getLast();
        kubectl.ok("""
                apiVersion: resource.k8s.io/v1
                kind: DeviceClass
                metadata: {name: gpu}
                spec: {selectors: [{cel: {expression: device.driver == "gpu.example.com"}}]}
                ---
                apiVersion: resource.k8s.io/v1
                kind: ResourceSlice
                metadata: {name: gpu-0}
                spec:
                  driver: gpu.example.com
                  nodeName: NODE
                  pool: {name: pool, generation: 1, resourceSliceCount: 1}
                  devices:
                    - name: gpu-0
                      attributes: {model: {string: a100}}
                      capacity: {memory: {value: 40Gi}}
                ---
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaimTemplate
                metadata: {name: one-gpu}
                spec:
                  spec:
                    devices:
                      requests:
                        - name: gpu
                          exactly:
                            deviceClassName: gpu
                            selectors:
                              - cel:
                                  expression: >-
                                    device.attributes["gpu.example.com"].model == "a100" &&
                                    device.capacity["gpu.example.com"].memory.compareTo(quantity("10Gi")) > 0
                """.replace("NODE", node), "apply -f -");
        String claim = "  resourceClaims: [{name: gpu, resourceClaimTemplateName: one-gpu}]\n";
        kubectl.ok(pod("first", claim), "apply -f -");
        cluster.awaitPod(
                kubectl.namespace(), "first", pod -> node.equals(pod.getSpec().getNodeName()));
        ResourceClaim allocated = claims(kubectl).getFirst();
        assertThat(allocated.getStatus().getAllocation().getDevices().getResults())
                .singleElement()
                .satisfies(result -> assertThat(result.getDevice()).isEqualTo("gpu-0"));
        assertThat(allocated.getStatus().getReservedFor())
                .singleElement()
                .satisfies(consumer -> assertThat(consumer.getName()).isEqualTo("first"));

        kubectl.ok(pod("second", claim), "apply -f -");
        awaitReason(
                kubectl,
                "second",
                "0/3 nodes are available: 3 cannot allocate all claims. still not schedulable, preemption: 0/3 nodes are"
                        + " available: 3 Preemption is not helpful for scheduling.");
        kubectl.ok("delete pod first --force --grace-period=0");
        cluster.awaitPod(
                kubectl.namespace(), "second", pod -> node.equals(pod.getSpec().getNodeName()));
        LocalCluster.await("the first pod's claim to go")
                .untilAsserted(() -> assertThat(claims(kubectl)).hasSize(1));
        kubectl.ok("delete pod second --force --grace-period=0");
        kubectl.ok("delete resourceslice/gpu-0 deviceclass/gpu");
        cluster.forget(kubectl.namespace());
    }

    private static List<ResourceClaim> claims(Kubectl kubectl) {
        return cluster.admin()
                .resources(ResourceClaim.class)
                .inNamespace(kubectl.namespace())
                .list()
                .getItems();
    }
}
