package io.jubernetes.controllermanager.chaos;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ReplicationController;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.jubernetes.controllermanager.testing.Stage;
import java.time.Duration;
import java.util.List;

/// Workloads that are created, scaled and changed.
final class WorkloadScenarios {
    private static final String PATCH_IMAGE =
            "[{\"op\":\"replace\",\"path\":\"/spec/template/spec/containers/0/image\",\"value\":\"image:2\"}]";

    private WorkloadScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of("replicaset-controller", "apps/v1/replicasets v1/pods", WorkloadScenarios::replicaSet),
                Scenario.of(
                        "replicationcontroller-controller",
                        "v1/replicationcontrollers v1/pods",
                        WorkloadScenarios::replicationController),
                Scenario.of(
                                "deployment-controller",
                                "apps/v1/deployments apps/v1/replicasets v1/pods",
                                WorkloadScenarios::deployment)
                        .with("--controllers=deployment-controller,replicaset-controller"),
                Scenario.of(
                        "statefulset-controller",
                        "apps/v1/statefulsets apps/v1/controllerrevisions v1/persistentvolumeclaims v1/pods",
                        WorkloadScenarios::statefulSet),
                Scenario.of(
                        "daemonset-controller",
                        "apps/v1/daemonsets apps/v1/controllerrevisions v1/pods",
                        WorkloadScenarios::daemonSet),
                Scenario.of("job-controller", "batch/v1/jobs v1/pods", WorkloadScenarios::job),
                Scenario.of("cronjob-controller", "batch/v1/cronjobs batch/v1/jobs", WorkloadScenarios::cronJob),
                Scenario.of("ttl-after-finished-controller", "batch/v1/jobs", WorkloadScenarios::finishedJob),
                Scenario.of(
                        "horizontal-pod-autoscaler-controller",
                        "v1/replicationcontrollers",
                        WorkloadScenarios::autoscaler),
                Scenario.of("disruption-controller", "policy/v1/poddisruptionbudgets", WorkloadScenarios::budget));
    }

    private static void replicaSet(Stage stage) {
        stage.play(_ -> "Running");
        stage.create(Manifests.workload("apps/v1", "ReplicaSet", "replicas: 6"));
        var sets = stage.client().apps().replicaSets().inNamespace(stage.name());
        stage.await(
                "six ready pods", () -> sets.withName("it").get().getStatus().getReadyReplicas() == 6);
        sets.withName("it").scale(2);
        stage.await("two pods", () -> stage.all(Pod.class).size() == 2);
    }

    private static void replicationController(Stage stage) {
        stage.play(_ -> "Running");
        stage.create(Manifests.workload("v1", "ReplicationController", "replicas: 4")
                .replace("matchLabels: {app: it}", "app: it"));
        var all = stage.client().replicationControllers().inNamespace(stage.name());
        stage.await("four ready pods", () -> readyReplicas(stage) == 4);
        all.withName("it").scale(1);
        stage.await("one pod", () -> stage.all(Pod.class).size() == 1);
    }

    private static int readyReplicas(Stage stage) {
        return stage.all(ReplicationController.class).getFirst().getStatus().getReadyReplicas();
    }

    private static void deployment(Stage stage) {
        stage.play(_ -> "Running");
        stage.create(Manifests.workload("apps/v1", "Deployment", "replicas: 3"));
        stage.await("the first roll-out", () -> isRolledOut(stage, 1));
        patch(stage, "deployments", PATCH_IMAGE);
        stage.await("the second roll-out", () -> isRolledOut(stage, 2));
        patch(stage, "deployments", PATCH_IMAGE.replace("image:2", "image:1"));
        stage.await("the way back", () -> isRolledOut(stage, 3));
    }

    private static void patch(Stage stage, String resource, String change) {
        stage.patch("/apis/apps/v1/namespaces/" + stage.name() + "/" + resource + "/it", change);
    }

    private static boolean isRolledOut(Stage stage, int generation) {
        Deployment it = stage.all(Deployment.class).getFirst();
        return it.getStatus().getObservedGeneration() == generation
                && it.getStatus().getUpdatedReplicas() == 3
                && it.getStatus().getReplicas() == 3
                && it.getStatus().getAvailableReplicas() == 3
                && stage.all(ReplicaSet.class).size() == Math.min(generation, 2);
    }

    private static void statefulSet(Stage stage) {
        stage.play(_ -> "Running");
        stage.create(Manifests.workload("apps/v1", "StatefulSet", "replicas: 3", "serviceName: it", """
                persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}
                  volumeClaimTemplates:
                    - metadata: {name: data}
                      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\
                """));
        stage.await(
                "three",
                () -> stage.all(StatefulSet.class).getFirst().getStatus().getReadyReplicas() == 3);
        patch(stage, "statefulsets", PATCH_IMAGE);
        stage.await("the update", () -> {
            var status = stage.all(StatefulSet.class).getFirst().getStatus();
            return status.getObservedGeneration() == 2
                    && status.getUpdatedReplicas() == 3
                    && status.getReadyReplicas() == 3
                    && status.getUpdateRevision().equals(status.getCurrentRevision());
        });
        patch(stage, "statefulsets", "[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":1}]");
        stage.await("one", () -> stage.all(Pod.class).size() == 1);
    }

    private static void daemonSet(Stage stage) {
        stage.play(_ -> "Running");
        stage.create(Manifests.node("NAME-a") + "---\n" + Manifests.node("NAME-b"));
        stage.create(Manifests.workload("apps/v1", "DaemonSet", "minReadySeconds: 0"));
        stage.await("a pod on each", () -> isOnAllNodes(stage, 1));
        patch(stage, "daemonsets", PATCH_IMAGE);
        stage.await("the update", () -> isOnAllNodes(stage, 2));
    }

    private static boolean isOnAllNodes(Stage stage, int generation) {
        var status = stage.all(DaemonSet.class).getFirst().getStatus();
        return status.getObservedGeneration() == generation
                && status.getUpdatedNumberScheduled() == 2
                && status.getNumberAvailable() == 2;
    }

    private static void job(Stage stage) {
        stage.play(_ -> "Succeeded");
        stage.create(Manifests.JOB);
        stage.await(
                "the end",
                () -> stage.all(Job.class).getFirst().getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Complete")));
    }

    private static void cronJob(Stage stage) {
        stage.create(
                """
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: it}
                spec:
                  schedule: "*/30 * * * *"
                  concurrencyPolicy: Allow
                  jobTemplate:
                """ + Manifests.JOB.substring(Manifests.JOB.indexOf("spec:")).indent(4));
        for (int runs = 1; runs <= 2; runs++) {
            int wanted = runs;
            stage.await("run " + runs, () -> {
                stage.clock().pass(Duration.ofMinutes(1));
                return stage.all(Job.class).size() == wanted;
            });
        }
    }

    private static void finishedJob(Stage stage) {
        stage.create(Manifests.JOB.replace("completions", "ttlSecondsAfterFinished: 100\n  completions"));
        stage.patchStatus("/apis/batch/v1/namespaces/" + stage.name() + "/jobs/it", """
                {"status":{"startTime":"NOW","completionTime":"NOW","succeeded":4,"conditions":[
                  {"type":"SuccessCriteriaMet","status":"True","lastTransitionTime":"NOW"},
                  {"type":"Complete","status":"True","lastTransitionTime":"NOW"}]}}""");
        stage.await("its deletion", () -> {
            stage.clock().pass(Duration.ofSeconds(30));
            return stage.all(Job.class).isEmpty()
                    || stage.all(Job.class).getFirst().getMetadata().getDeletionTimestamp() != null;
        });
    }

    private static void autoscaler(Stage stage) {
        stage.play(_ -> "Running");
        stage.createOnce(Manifests.POD_METRICS);
        stage.create(Manifests.workload("v1", "ReplicationController", "replicas: 2")
                .replace("matchLabels: {app: it}", "app: it"));
        for (String pod : List.of("a", "b")) {
            stage.create("""
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: POD, labels: {app: it}}
                    spec:
                      containers: [{name: main, image: image, resources: {requests: {cpu: 100m}}}]
                    """.replace("POD", pod));
            stage.createCustom(
                    "/apis/metrics.k8s.io/v1beta1/namespaces/" + stage.name() + "/pods", """
                    apiVersion: metrics.k8s.io/v1beta1
                    kind: PodMetrics
                    metadata: {name: POD, labels: {app: it}}
                    timestamp: "NOW"
                    window: 30s
                    containers: [{name: main, usage: {cpu: 150m}}]
                    """.replace("POD", pod));
        }
        stage.patchStatus("/api/v1/namespaces/" + stage.name() + "/replicationcontrollers/it", """
                {"status":{"replicas":2}}""");
        stage.await(
                "the pods",
                () -> stage.all(Pod.class).stream()
                        .allMatch(pod -> pod.getStatus().getPhase().equals("Running")));
        stage.clock().pass(Duration.ofMinutes(6));
        stage.create("""
                apiVersion: autoscaling/v2
                kind: HorizontalPodAutoscaler
                metadata: {name: it}
                spec:
                  scaleTargetRef: {apiVersion: v1, kind: ReplicationController, name: it}
                  minReplicas: 1
                  maxReplicas: 5
                  metrics:
                    - type: Resource
                      resource: {name: cpu, target: {type: Utilization, averageUtilization: 100}}
                """);
        stage.await("the new size", () -> {
            stage.clock().pass(Duration.ofSeconds(15));
            return stage.all(ReplicationController.class).getFirst().getSpec().getReplicas() == 3;
        });
        stage.patchStatus("/api/v1/namespaces/" + stage.name() + "/replicationcontrollers/it", """
                {"status":{"replicas":3}}""");
        stage.await("rest", () -> {
            stage.clock().pass(Duration.ofSeconds(15));
            var status = stage.all(HorizontalPodAutoscaler.class).getFirst().getStatus();
            return status.getCurrentReplicas() == 3
                    && status.getConditions().stream()
                            .anyMatch(condition -> condition.getReason().equals("ReadyForNewScale"));
        });
    }

    private static void budget(Stage stage) {
        stage.play(_ -> "Running");
        stage.create("""
                apiVersion: policy/v1
                kind: PodDisruptionBudget
                metadata: {name: it}
                spec: {minAvailable: 2, selector: {matchLabels: {app: it}}}
                """);
        for (String pod : List.of("a", "b", "c", "d")) {
            stage.create(Manifests.pod(pod));
        }
        stage.await("two may go", () -> allowed(stage) == 2);
        stage.client().pods().inNamespace(stage.name()).withName("a").delete();
        stage.await("one may go", () -> allowed(stage) == 1);
    }

    private static int allowed(Stage stage) {
        return stage.all(PodDisruptionBudget.class).getFirst().getStatus().getDisruptionsAllowed();
    }
}
