package io.jubernetes.controllermanager.chaos;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.controllermanager.testing.Stage;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// What keeps a cluster and its nodes in order.
final class ClusterScenarios {
    private ClusterScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of("namespace-controller", "v1/namespaces v1/configmaps", ClusterScenarios::namespace),
                Scenario.of("garbage-collector-controller", "v1/configmaps v1/secrets", ClusterScenarios::garbage),
                Scenario.of("resourcequota-controller", "v1/resourcequotas", ClusterScenarios::quota),
                Scenario.of("pod-garbage-collector-controller", "v1/pods", ClusterScenarios::oldPods)
                        .with("--terminated-pod-gc-threshold=2"),
                Scenario.of("pod-garbage-collector-controller", "v1/pods", ClusterScenarios::lostPods),
                Scenario.of("node-lifecycle-controller", "v1/nodes v1/pods", ClusterScenarios::silentNode),
                Scenario.of("taint-eviction-controller", "v1/pods", ClusterScenarios::taintedNode),
                Scenario.of("device-taint-eviction-controller", "v1/pods", ClusterScenarios::taintedDevice),
                Scenario.of(
                        "resourceclaim-controller",
                        "resource.k8s.io/v1/resourceclaims v1/pods",
                        ClusterScenarios::claim),
                Scenario.of("node-ipam-controller", "v1/nodes", ClusterScenarios::nodeRanges)
                        .with("--allocate-node-cidrs", "--cluster-cidr=10.9.0.0/16"),
                Scenario.of("ttl-controller", "v1/nodes", stage -> {
                    stage.create(Manifests.node("NAME-a") + "---\n" + Manifests.node("NAME-b"));
                    stage.await(
                            "the hint",
                            () -> nodes(stage).stream()
                                    .allMatch(node -> node.getMetadata()
                                            .getAnnotations()
                                            .containsKey("node.alpha.kubernetes.io/ttl")));
                }));
    }

    private static List<Node> nodes(Stage stage) {
        return stage.client().nodes().withLabel("stage", stage.name()).list().getItems();
    }

    private static void namespace(Stage stage) {
        stage.create(Manifests.bare("v1", "Namespace", "NAME-gone"));
        var gone = stage.client().namespaces().withName(stage.name() + "-gone");
        for (int i = 0; i < 5; i++) {
            stage.createIn(stage.name() + "-gone", Manifests.bare("v1", "ConfigMap", "m" + i));
        }
        gone.delete();
        stage.await("its end", () -> gone.get() == null);
    }

    private static void garbage(Stage stage) {
        for (String owner : List.of("background", "foreground", "orphaning")) {
            stage.create(Manifests.bare("v1", "ConfigMap", owner));
            String uid = stage.client()
                    .configMaps()
                    .inNamespace(stage.name())
                    .withName(owner)
                    .get()
                    .getMetadata()
                    .getUid();
            stage.create("""
                    apiVersion: v1
                    kind: Secret
                    metadata:
                      name: of-OWNER
                      ownerReferences:
                        - {apiVersion: v1, kind: ConfigMap, name: OWNER, uid: UID, blockOwnerDeletion: true}
                    """.replace("OWNER", owner).replace("UID", uid));
        }
        for (String policy : List.of("Background", "Foreground", "Orphan")) {
            String owner = policy.equals("Orphan") ? "orphaning" : policy.toLowerCase(java.util.Locale.ROOT);
            stage.delete("/api/v1/namespaces/" + stage.name() + "/configmaps/" + owner, policy);
        }
        stage.await(
                "the orphan alone",
                () -> stage.all(ConfigMap.class).isEmpty()
                        && stage.client()
                                        .secrets()
                                        .inNamespace(stage.name())
                                        .list()
                                        .getItems()
                                        .size()
                                == 1);
    }

    private static void quota(Stage stage) {
        stage.create("""
                apiVersion: v1
                kind: ResourceQuota
                metadata: {name: it}
                spec: {hard: {pods: "5", configmaps: "9", count/secrets: "9"}}
                """);
        for (String pod : List.of("a", "b", "c")) {
            stage.create(Manifests.pod(pod));
        }
        stage.create(Manifests.bare("v1", "ConfigMap", "one"));
        stage.await(
                "three pods",
                () -> used(stage, "pods").equals("3")
                        && used(stage, "configmaps").equals("1"));
        stage.client().pods().inNamespace(stage.name()).withName("a").delete();
        stage.await("two pods", () -> used(stage, "pods").equals("2"));
    }

    private static String used(Stage stage, String resource) {
        return stage.all(ResourceQuota.class)
                .getFirst()
                .getStatus()
                .getUsed()
                .get(resource)
                .toString();
    }

    private static void oldPods(Stage stage) {
        stage.play(pod -> pod.getMetadata().getName().startsWith("end") ? "Succeeded" : "Running");
        for (int i = 0; i < 5; i++) {
            stage.create(Manifests.pod("end" + i));
        }
        stage.create(Manifests.pod("kept"));
        awaitPods(stage, 3);
    }

    private static void lostPods(Stage stage) {
        stage.create(Manifests.pod("lost", "nodeName: gone"));
        stage.create(Manifests.pod("kept"));
        awaitPods(stage, 1);
    }

    private static void awaitPods(Stage stage, int count) {
        stage.await(count + " pods", () -> {
            stage.clock().pass(Duration.ofSeconds(7));
            return stage.all(Pod.class).size() == count;
        });
    }

    private static void silentNode(Stage stage) {
        for (String node : List.of("NAME-a", "NAME-b", "NAME-c")) {
            stage.create(Manifests.node(node));
            stage.createIn("kube-node-lease", """
                    apiVersion: coordination.k8s.io/v1
                    kind: Lease
                    metadata: {name: NODE}
                    spec: {renewTime: "2026-01-01T00:00:00.000000Z", leaseDurationSeconds: 40}
                    """.replace("NODE", node));
        }
        stage.create(Manifests.pod("it", "nodeName: NAME-a"));
        stage.patchStatus("/api/v1/namespaces/" + stage.name() + "/pods/it", """
                {"status":{"phase":"Running","conditions":[
                  {"type":"Ready","status":"True","lastTransitionTime":"NOW"}]}}""");
        stage.await("one of them to be given up", () -> {
            renew(stage, "b");
            renew(stage, "c");
            stage.clock().pass(Duration.ofSeconds(2));
            return nodes(stage).getFirst().getSpec().getTaints().size() == 2
                    && stage.all(Pod.class).getFirst().getStatus().getConditions().stream()
                            .anyMatch(condition -> condition.getStatus().equals("False"));
        });
    }

    private static void renew(Stage stage, String node) {
        String now = Times.text(stage.clock().instant()).replace("Z", ".000000Z");
        stage.patch(
                "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/NAME-" + node,
                "[{\"op\":\"replace\",\"path\":\"/spec/renewTime\",\"value\":\"" + now + "\"}]");
    }

    private static void taintedNode(Stage stage) {
        stage.create(Manifests.node("NAME-a")
                .replace("status:\n", "spec: {taints: [{key: k, effect: NoExecute}]}\nstatus:\n"));
        String tolerations = "tolerations: [{key: k, operator: Exists, effect: NoExecuteSECONDS}]";
        stage.create(Manifests.pod("stays", "nodeName: NAME-a", tolerations.replace("SECONDS", "")));
        stage.create(Manifests.pod(
                "goes-later", "nodeName: NAME-a", tolerations.replace("SECONDS", ", tolerationSeconds: 300")));
        stage.create(Manifests.pod("goes", "nodeName: NAME-a"));
        stage.play(_ -> "Running");
        stage.await("the first to go", () -> stage.all(Pod.class).size() == 2);
        stage.await("the second to go", () -> {
            stage.clock().pass(Duration.ofSeconds(60));
            return stage.all(Pod.class).size() == 1;
        });
    }

    private static void taintedDevice(Stage stage) {
        stage.create("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceSlice
                metadata: {name: NAME-slice}
                spec:
                  driver: driver.example.com
                  nodeName: NAME-a
                  pool: {name: NAME-pool, generation: 1, resourceSliceCount: 1}
                  devices: [{name: d1}]
                ---
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaim
                metadata: {name: it}
                spec:
                  devices: {requests: [{name: r, exactly: {deviceClassName: c}}]}
                """);
        stage.create(Manifests.pod("it", "nodeName: NAME-a", "resourceClaims: [{name: r, resourceClaimName: it}]"));
        String uid = stage.all(Pod.class).getFirst().getMetadata().getUid();
        stage.patchStatus(
                "/apis/resource.k8s.io/v1/namespaces/" + stage.name() + "/resourceclaims/it", """
                {"status":{"allocation":{"devices":{"results":[
                    {"request":"r","driver":"driver.example.com","pool":"NAME-pool","device":"d1"}]}},
                  "reservedFor":[{"resource":"pods","name":"it","uid":"UID"}]}}""".replace("UID", uid));
        stage.play(_ -> "Running");
        stage.patch(
                "/apis/resource.k8s.io/v1/resourceslices/" + stage.name() + "-slice",
                "[{\"op\":\"add\",\"path\":\"/spec/devices/0/taints\",\"value\":[{\"key\":\"broken\",\"effect\":\"NoExecute\"}]}]");
        stage.await("its eviction", () -> stage.all(Pod.class).isEmpty());
    }

    private static void claim(Stage stage) {
        stage.create("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaimTemplate
                metadata: {name: it}
                spec:
                  spec: {devices: {requests: [{name: r, exactly: {deviceClassName: c}}]}}
                """);
        String claims = "resourceClaims: [{name: r, resourceClaimTemplateName: it}]";
        stage.create(Manifests.pod("a", claims));
        stage.create(Manifests.pod("b", claims));
        stage.await(
                "a claim for each",
                () -> stage.all(Pod.class).stream()
                                .allMatch(pod -> pod.getStatus()
                                                .getResourceClaimStatuses()
                                                .size()
                                        == 1)
                        && stage.all(ResourceClaim.class).size() == 2);
    }

    private static void nodeRanges(Stage stage) {
        stage.create(
                Manifests.node("NAME-a") + "---\n" + Manifests.node("NAME-b") + "---\n" + Manifests.node("NAME-c"));
        stage.await("a range each", () -> {
            Set<String> ranges = nodes(stage).stream()
                    .map(node -> node.getSpec().getPodCIDR())
                    .filter(range -> range != null && !range.isEmpty())
                    .collect(Collectors.toSet());
            return ranges.size() == 3;
        });
    }
}
