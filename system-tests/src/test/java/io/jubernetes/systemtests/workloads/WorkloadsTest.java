package io.jubernetes.systemtests.workloads;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.systemtests.ClientPrograms;
import io.jubernetes.systemtests.Kubectl;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.SharedCluster;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Workloads are created, scaled, updated, rolled back, described and deleted.
@ExtendWith(SharedCluster.class)
class WorkloadsTest {
    /// A manifest whose pods sleep.
    private static String manifest(String apiVersion, String kind, String... spec) {
        return """
                apiVersion: API_VERSION
                kind: KIND
                metadata:
                  name: it
                spec:
                  SPEC
                  selector:
                    matchLabels: {app: it}
                  template:
                    metadata:
                      labels: {app: it}
                    spec:
                      terminationGracePeriodSeconds: 0
                      containers:
                        - name: main
                          image: IMAGE
                          command: [sleep, "1000"]
                """.replace("API_VERSION", apiVersion)
                .replace("KIND", kind)
                .replace("SPEC", spec.length == 0 ? "minReadySeconds: 0" : String.join("\n  ", spec))
                .replace("IMAGE", LocalCluster.IMAGE);
    }

    /// A kind whose template changes roll out, with what its description tells.
    record Rolling(String kind, String manifest, int replicas, boolean scales, List<String> described) {
        @Override
        public String toString() {
            return kind;
        }
    }

    static Stream<Rolling> rolling() {
        return Stream.of(
                new Rolling(
                        "deployment",
                        manifest("apps/v1", "Deployment", "replicas: 2"),
                        2,
                        true,
                        List.of(
                                "Replicas: +3 desired \\| 3 updated \\| 3 total \\| 3 available \\| 0 unavailable",
                                "StrategyType: +RollingUpdate",
                                "Available +True +MinimumReplicasAvailable",
                                "Progressing +True +NewReplicaSetAvailable",
                                "NewReplicaSet: +it-\\w+ \\(3/3 replicas created\\)",
                                "Normal +ScalingReplicaSet .* deployment-controller +Scaled up replica set it-\\w+ from 0 to 2",
                                "Scaled up replica set it-\\w+ from 2 to 3",
                                "Scaled down replica set it-\\w+ from 1 to 0")),
                new Rolling(
                        "statefulset",
                        manifest("apps/v1", "StatefulSet", "replicas: 2", "serviceName: it"),
                        2,
                        true,
                        List.of(
                                "Replicas: +3 desired \\| 3 total",
                                "Pods Status: +3 Running / 0 Waiting / 0 Succeeded / 0 Failed",
                                "SuccessfulCreate .* statefulset-controller +.*create Pod it-0 in StatefulSet it successful",
                                "SuccessfulDelete .* statefulset-controller +.*delete Pod it-0 in StatefulSet it successful")),
                new Rolling(
                        "daemonset",
                        manifest("apps/v1", "DaemonSet"),
                        1,
                        false,
                        List.of(
                                "Desired Number of Nodes Scheduled: 1",
                                "Number of Nodes Scheduled with Up-to-date Pods: 1",
                                "Number of Nodes Misscheduled: 0",
                                "SuccessfulCreate .* daemonset-controller +Created pod: it-\\w+",
                                "SuccessfulDelete .* daemonset-controller +Deleted pod: it-\\w+")));
    }

    @ParameterizedTest
    @MethodSource("rolling")
    void rollsOutAndBack(Rolling workload, LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        String it = workload.kind() + "/it";
        kubectl.ok(workload.manifest(), "apply -f -");
        kubectl.ok("rollout status " + it + " --timeout=60s");
        assertThat(pods(cluster, kubectl)).hasSize(workload.replicas());

        int replicas = workload.scales() ? 3 : workload.replicas();
        if (workload.scales()) {
            kubectl.ok("scale " + it + " --current-replicas=2 --replicas=3");
            kubectl.ok("wait " + it + " --for=jsonpath={.status.readyReplicas}=3 --timeout=60s");
            assertThat(kubectl.run("scale " + it + " --current-replicas=2 --replicas=1")
                            .errors())
                    .contains("Expected replicas to be 2, was 3");
        }

        kubectl.ok("set env " + it + " WORD=new");
        kubectl.ok("rollout status " + it + " --timeout=60s");
        awaitWords(cluster, kubectl, replicas, "new");
        assertThat(kubectl.ok("rollout history " + it))
                .containsPattern("(?m)^1 ")
                .containsPattern("(?m)^2 ");
        assertThat(kubectl.ok("rollout history " + it + " --revision=2")).containsPattern("WORD:\\s+new");

        kubectl.ok("rollout undo " + it);
        kubectl.ok("rollout status " + it + " --timeout=60s");
        awaitWords(cluster, kubectl, replicas, "");
        assertThat(kubectl.ok("rollout history " + it))
                .containsPattern("(?m)^3 ")
                .doesNotContainPattern("(?m)^1 ");

        LocalCluster.await("the description with its events").untilAsserted(() -> {
            String description = kubectl.ok("describe " + it);
            for (String line : workload.described()) {
                assertThat(description).containsPattern(line);
            }
        });
        kubectl.ok("delete " + it + " --cascade=foreground --timeout=60s");
        assertThat(pods(cluster, kubectl)).isEmpty();
        cluster.forget(kubectl.namespace());
    }

    private static Kubectl kubectl(LocalCluster cluster) {
        return new Kubectl(ClientPrograms.kubectl(), cluster.kubeconfig(), cluster.newNamespace("workload"));
    }

    private static List<Pod> pods(LocalCluster cluster, Kubectl kubectl) {
        return cluster.admin().pods().inNamespace(kubectl.namespace()).list().getItems().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    /// Waits until there are as many pods, each with this in its environment.
    private static void awaitWords(LocalCluster cluster, Kubectl kubectl, int count, String word) {
        LocalCluster.await("the pods of the roll-out")
                .untilAsserted(() -> assertThat(pods(cluster, kubectl))
                        .hasSize(count)
                        .allSatisfy(pod -> assertThat(
                                        pod.getSpec().getContainers().getFirst().getEnv())
                                .extracting(io.fabric8.kubernetes.api.model.EnvVar::getValue)
                                .isEqualTo(word.isEmpty() ? List.of() : List.of(word))));
    }

    @Test
    void deploymentsPauseAndRestart(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(manifest("apps/v1", "Deployment", "replicas: 1"), "apply -f -");
        kubectl.ok("rollout status deployment/it --timeout=60s");
        kubectl.ok("rollout pause deployment/it");
        kubectl.ok("set env deployment/it WORD=held");
        LocalCluster.await("the pause to be observed")
                .untilAsserted(() -> assertThat(kubectl.ok(
                                "get deployment it -o jsonpath={.status.observedGeneration}={.metadata.generation}"))
                        .isEqualTo("3=3"));
        awaitWords(cluster, kubectl, 1, "");
        kubectl.ok("rollout resume deployment/it");
        kubectl.ok("rollout status deployment/it --timeout=60s");
        awaitWords(cluster, kubectl, 1, "held");
        kubectl.ok("rollout restart deployment/it");
        kubectl.ok("rollout status deployment/it --timeout=60s");
        assertThat(kubectl.ok("get replicasets --no-headers").lines()).hasSize(3);
        cluster.forget(kubectl.namespace());
    }

    @Test
    void replicaSetsKeepTheirNumber(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(manifest("apps/v1", "ReplicaSet", "replicas: 2"), "create -f -");
        kubectl.ok("wait rs/it --for=jsonpath={.status.readyReplicas}=2 --timeout=60s");
        kubectl.ok(
                "delete " + kubectl.ok("get pods -o name").lines().findFirst().orElseThrow());
        kubectl.ok("wait rs/it --for=jsonpath={.status.readyReplicas}=2 --timeout=60s");
        LocalCluster.await("the replacement")
                .untilAsserted(() -> assertThat(pods(cluster, kubectl)).hasSize(2));
        kubectl.ok("scale rs/it --replicas=1");
        LocalCluster.await("the smaller number")
                .untilAsserted(() -> assertThat(pods(cluster, kubectl)).hasSize(1));
        // A ReplicaSet's new template is for new pods only.
        kubectl.ok("set env rs/it WORD=new");
        awaitWords(cluster, kubectl, 1, "");
        kubectl.ok("delete pods --all");
        awaitWords(cluster, kubectl, 1, "new");
        LocalCluster.await("the description with its events")
                .untilAsserted(() -> assertThat(kubectl.ok("describe rs it"))
                        .containsPattern("Replicas: +1 current / 1 desired")
                        .containsPattern("SuccessfulCreate .* replicaset-controller +Created pod: it-\\w+")
                        .containsPattern("SuccessfulDelete .* replicaset-controller +Deleted pod: it-\\w+"));
        kubectl.ok("delete rs it --cascade=orphan");
        assertThat(kubectl.ok("get rs,pods -o name").lines())
                .singleElement()
                .asString()
                .startsWith("pod/it-");
        cluster.forget(kubectl.namespace());
    }

    @Test
    void replicationControllersKeepTheirNumber(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(
                manifest("v1", "ReplicationController", "replicas: 2").replace("matchLabels: {app: it}", "app: it"),
                "create -f -");
        kubectl.ok("wait rc/it --for=jsonpath={.status.readyReplicas}=2 --timeout=60s");
        kubectl.ok("scale rc/it --replicas=1");
        LocalCluster.await("the smaller number")
                .untilAsserted(() -> assertThat(pods(cluster, kubectl)).hasSize(1));
        kubectl.ok("set env rc/it WORD=new");
        kubectl.ok("delete pods --all");
        awaitWords(cluster, kubectl, 1, "new");
        LocalCluster.await("the description with its events")
                .untilAsserted(() -> assertThat(kubectl.ok("describe rc it"))
                        .containsPattern("Replicas: +1 current / 1 desired")
                        .containsPattern("SuccessfulCreate .* replication-controller +Created pod: it-\\w+")
                        .containsPattern("SuccessfulDelete .* replication-controller +Deleted pod: it-\\w+"));
        kubectl.ok("delete rc it --cascade=foreground --timeout=60s");
        assertThat(pods(cluster, kubectl)).isEmpty();
        cluster.forget(kubectl.namespace());
    }

    @Test
    void budgetsTellHowTheyStand(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(manifest("apps/v1", "Deployment", "replicas: 2"), "create -f -");
        kubectl.ok("create poddisruptionbudget it --selector=app=it --min-available=1");
        kubectl.ok("create poddisruptionbudget nobody --selector=app=nobody --min-available=1");
        kubectl.ok("rollout status deployment/it --timeout=60s");
        LocalCluster.await("the descriptions").untilAsserted(() -> {
            assertThat(kubectl.ok("describe pdb it"))
                    .containsPattern("Allowed disruptions: +1")
                    .containsPattern("Current: +2")
                    .containsPattern("Desired: +1")
                    .containsPattern("Total: +2");
            assertThat(kubectl.ok("describe pdb nobody"))
                    .containsPattern("Normal +NoPods .* controllermanager +No matching pods found");
        });
        cluster.forget(kubectl.namespace());
    }

    private static final String JOB = """
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: it
            spec:
              completions: 3
              parallelism: 2
              completionMode: Indexed
              template:
                spec:
                  terminationGracePeriodSeconds: 0
                  restartPolicy: Never
                  containers:
                    - name: main
                      image: IMAGE
                      command: [sh, -c, "echo part $JOB_COMPLETION_INDEX"]
            """.replace("IMAGE", LocalCluster.IMAGE);

    @Test
    void jobsRunToTheirEnd(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(JOB.replace("completions: 3", "completions: 3\n  suspend: true"), "create -f -");
        kubectl.ok("wait job/it --for=condition=Suspended --timeout=30s");
        assertThat(kubectl.ok("get pods -o name")).isEmpty();
        kubectl.ok("patch job it -p {\"spec\":{\"suspend\":false}}");
        kubectl.ok("wait job/it --for=condition=Complete --timeout=60s");
        assertThat(kubectl.ok("logs job/it --all-pods=true").lines().map(line -> line.replaceAll(".*] ", "")))
                .containsExactlyInAnyOrder("part 0", "part 1", "part 2");
        assertThat(kubectl.ok("get job it --no-headers")).containsPattern("^it +Complete +3/3");
        LocalCluster.await("the description with its events")
                .untilAsserted(() -> assertThat(kubectl.ok("describe job it"))
                        .containsPattern("Pods Statuses: +0 Active \\(0 Ready\\) / 3 Succeeded / 0 Failed")
                        .containsPattern("Completed Indexes: +0-2")
                        .containsPattern("Normal +Suspended .* job-controller +Job suspended")
                        .containsPattern("Normal +Resumed .* job-controller +Job resumed")
                        .containsPattern("SuccessfulCreate .* job-controller +Created pod: it-0-\\w+")
                        .containsPattern("Normal +Completed .* job-controller +Job completed"));
        kubectl.ok("delete job it");
        LocalCluster.await("the pods to go")
                .untilAsserted(() -> assertThat(pods(cluster, kubectl)).isEmpty());
        cluster.forget(kubectl.namespace());
    }

    @Test
    void failingJobsSayWhy(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(
                JOB.replace("completions: 3", "backoffLimit: 0")
                        .replace("completionMode: Indexed", "completionMode: NonIndexed")
                        .replace("echo part $JOB_COMPLETION_INDEX", "exit 3"),
                "create -f -");
        kubectl.ok("wait job/it --for=condition=Failed --timeout=60s");
        assertThat(kubectl.ok("get job it -o jsonpath={.status.conditions[?(@.type==\"Failed\")].reason}"))
                .isEqualTo("BackoffLimitExceeded");
        LocalCluster.await("the description with its events")
                .untilAsserted(() -> assertThat(kubectl.ok("describe job it"))
                        .containsPattern(
                                "Warning +BackoffLimitExceeded .* Job has reached the specified backoff limit"));
        cluster.forget(kubectl.namespace());
    }

    @Test
    void cronJobsMakeJobs(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.run(
                        "",
                        List.of(
                                "create",
                                "cronjob",
                                "it",
                                "--image=" + LocalCluster.IMAGE,
                                "--schedule=* * * * *",
                                "--",
                                "echo"))
                .ok();
        kubectl.ok("create job by-hand --from=cronjob/it");
        kubectl.ok("wait job/by-hand --for=condition=Complete --timeout=60s");
        assertThat(kubectl.ok("get job by-hand -o jsonpath={.metadata.annotations}"))
                .contains("\"cronjob.kubernetes.io/instantiate\":\"manual\"");
        LocalCluster.await("the next full minute")
                .atMost(Duration.ofSeconds(90))
                .untilAsserted(() -> assertThat(kubectl.ok("get jobs -o name")).containsPattern("job.batch/it-\\d+"));
        kubectl.ok("patch cronjob it -p {\"spec\":{\"suspend\":true}}");
        LocalCluster.await("the description with its events")
                .untilAsserted(() -> assertThat(kubectl.ok("describe cronjob it"))
                        .containsPattern("Schedule: +\\* \\* \\* \\* \\*")
                        .containsPattern("Suspend: +True")
                        .doesNotContainPattern("Last Schedule Time: +<unset>")
                        .containsPattern("SuccessfulCreate .* cronjob-controller +Created job it-\\d+")
                        .containsPattern("SawCompletedJob .* cronjob-controller +Saw completed job: it-\\d+"));
        kubectl.ok("delete cronjob it --cascade=foreground --timeout=60s");
        assertThat(kubectl.ok("get jobs -o name")).isEmpty();
        cluster.forget(kubectl.namespace());
    }
}
