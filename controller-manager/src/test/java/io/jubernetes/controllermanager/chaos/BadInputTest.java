package io.jubernetes.controllermanager.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.NamespaceCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.controllermanager.testing.InProcessApiServer;
import io.jubernetes.controllermanager.testing.Stage;
import io.jubernetes.controllermanager.workload.Owners;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// What users and accidents do to controllers: nothing is done twice, nothing is deleted that is not owned, no loop
/// runs
/// hot, and the cause can be read from a condition or an event.
@ExtendWith(InProcessApiServer.Lent.class)
@Execution(ExecutionMode.CONCURRENT)
class BadInputTest {
    /// Requests that are made while there is nothing to do: renewed watches, and looks that come again every few
    /// seconds.
    private static final int FEW = 25;

    private static ReplicaSet set(Stage stage, String name) {
        return stage.client()
                .apps()
                .replicaSets()
                .inNamespace(stage.name())
                .withName(name)
                .get();
    }

    private static void scale(Stage stage, String name, int replicas) {
        stage.client()
                .apps()
                .replicaSets()
                .inNamespace(stage.name())
                .withName(name)
                .scale(replicas);
    }

    private static long ownedBy(Stage stage, ReplicaSet set) {
        return stage.all(Pod.class).stream()
                .filter(pod -> Owners.isControlledBy(pod, set))
                .count();
    }

    /// Fails when the controllers go on making requests.
    private static void assertRest(Stage stage) {
        stage.awaitIdle();
        int before = stage.proxy().requests();
        stage.awaitIdle();
        assertThat(stage.proxy().requests() - before).isLessThan(FEW);
    }

    private static String replicaSet(String name, int replicas) {
        return Manifests.workload("apps/v1", "ReplicaSet", "replicas: " + replicas)
                .replace("name: it\n", "name: " + name + "\n");
    }

    @Test
    void equalSelectorsDoNotTouchEachOthersPods(InProcessApiServer server) throws Exception {
        try (Stage stage = Stage.open(server, "--controllers=replicaset-controller")) {
            stage.create(Manifests.bare("v1", "ConfigMap", "owner"));
            String uid = stage.all(ConfigMap.class).getFirst().getMetadata().getUid();
            stage.create(Manifests.pod("foreign")
                    .replace(
                            "  labels:",
                            """
                              ownerReferences:
                                - {apiVersion: v1, kind: ConfigMap, name: owner, uid: UID, controller: true}
                              labels:""".replace("UID", uid).stripIndent().indent(2).stripTrailing()));
            stage.create(replicaSet("left", 3));
            stage.create(replicaSet("right", 2));
            stage.await(
                    "each has its own",
                    () -> ownedBy(stage, set(stage, "left")) == 3 && ownedBy(stage, set(stage, "right")) == 2);
            scale(stage, "left", 0);
            stage.await("one has none", () -> ownedBy(stage, set(stage, "left")) == 0);
            assertRest(stage);
            assertThat(ownedBy(stage, set(stage, "right"))).isEqualTo(2);
            assertThat(stage.all(Pod.class)).hasSize(3);
        }
    }

    @Test
    void anOrphanHasOneNewOwner(InProcessApiServer server) throws Exception {
        try (Stage stage = Stage.open(server, "--controllers=replicaset-controller")) {
            stage.create(Manifests.pod("orphan"));
            stage.create(replicaSet("left", 1));
            stage.create(replicaSet("right", 1));
            stage.await(
                    "two pods",
                    () -> ownedBy(stage, set(stage, "left")) == 1 && ownedBy(stage, set(stage, "right")) == 1);
            assertRest(stage);
            assertThat(stage.all(Pod.class))
                    .hasSize(2)
                    .allSatisfy(pod ->
                            assertThat(pod.getMetadata().getOwnerReferences()).hasSize(1));
        }
    }

    @Test
    void ownersInACircleCanBeDeleted(InProcessApiServer server) throws Exception {
        try (Stage stage = Stage.open(server, "--controllers=garbage-collector-controller")) {
            List<String> circle = List.of("a", "b", "c");
            circle.forEach(name -> stage.create(Manifests.bare("v1", "ConfigMap", name)));
            var uids = stage.all(ConfigMap.class).stream()
                    .collect(Collectors.toMap(
                            map -> map.getMetadata().getName(),
                            map -> map.getMetadata().getUid()));
            for (int i = 0; i < circle.size(); i++) {
                String owner = circle.get((i + 1) % circle.size());
                stage.patch("/api/v1/namespaces/NAME/configmaps/" + circle.get(i), """
                        [{"op":"add","path":"/metadata/ownerReferences","value":[{"apiVersion":"v1","kind":"ConfigMap",
                          "name":"OWNER","uid":"UID","blockOwnerDeletion":true}]}]""".replace("OWNER", owner)
                        .replace("UID", uids.get(owner)));
            }
            stage.awaitIdle();
            assertThat(stage.all(ConfigMap.class)).hasSize(3);
            stage.delete("/api/v1/namespaces/" + stage.name() + "/configmaps/a", "Foreground");
            stage.await(
                    "the end of the circle", () -> stage.all(ConfigMap.class).isEmpty());
            assertRest(stage);
        }
    }

    @Test
    void aNamespaceThatCannotGoSaysWhy(InProcessApiServer server) throws Exception {
        try (Stage stage = Stage.open(server, "--controllers=namespace-controller")) {
            String gone = stage.name() + "-gone";
            var namespace = stage.client().namespaces().withName(gone);
            stage.create(Manifests.bare("v1", "Namespace", gone));
            stage.createIn(
                    gone,
                    Manifests.bare("v1", "ConfigMap", "stuck")
                            .replace("metadata: {", "metadata: {finalizers: [example.com/nobody], "));
            namespace.delete();
            stage.await(
                    "the condition",
                    () -> namespace.get().getStatus().getConditions().stream()
                            .filter(condition -> condition.getType().equals("NamespaceFinalizersRemaining"))
                            .map(NamespaceCondition::getMessage)
                            .anyMatch(message -> message.contains("example.com/nobody in 1 resource instances")));
            assertRest(stage);
            stage.patch(
                    "/api/v1/namespaces/" + gone + "/configmaps/stuck",
                    "[{\"op\":\"remove\",\"path\":\"/metadata/finalizers\"}]");
            stage.await("its end", () -> {
                stage.clock().pass(Duration.ofSeconds(1));
                return namespace.get() == null;
            });
        }
    }

    @Test
    void manyFinishedPodsCostARequestEach(InProcessApiServer server) throws Exception {
        int many = 150;
        try (Stage stage = Stage.open(
                server, "--controllers=pod-garbage-collector-controller", "--terminated-pod-gc-threshold=10")) {
            var finished = Json.object();
            finished.putObject("status").put("phase", "Succeeded");
            for (int i = 0; i < many; i++) {
                stage.create(Manifests.pod("p" + i));
                stage.patchStatus("/api/v1/namespaces/" + stage.name() + "/pods/p" + i, Json.text(finished));
            }
            int before = stage.proxy().requests();
            stage.await("ten are left", () -> {
                stage.clock().pass(Duration.ofSeconds(10));
                return stage.all(Pod.class).size() == 10;
            });
            assertThat(stage.proxy().requests() - before).isLessThan(many + FEW);
        }
    }

    private static String cronJob(String schedule) {
        return """
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: it}
                spec:
                  schedule: "SCHEDULE"
                  jobTemplate:
                """.replace("SCHEDULE", schedule)
                + Manifests.JOB.substring(Manifests.JOB.indexOf("spec:")).indent(4);
    }

    @Test
    void wrongSchedulesAreRefusedAndThoseThatNeverComeAreQuiet(InProcessApiServer server) throws Exception {
        try (Stage stage = Stage.open(server, "--controllers=cronjob-controller")) {
            for (String wrong : List.of("* * * *", "61 * * * *", "@sometimes", "* * * * * *", "TZ=Nowhere * * * * *")) {
                assertThatThrownBy(() -> stage.create(cronJob(wrong)))
                        .as(wrong)
                        .isInstanceOf(KubernetesClientException.class)
                        .hasMessageContaining("spec.schedule");
            }
            stage.create(cronJob("0 0 31 2 *"));
            stage.clock().pass(Duration.ofDays(400));
            assertRest(stage);
            assertThat(stage.all(Job.class)).isEmpty();
        }
    }

    @Test
    void aClockThatJumpsStartsNoJobTwice(InProcessApiServer server) throws Exception {
        try (Stage stage = Stage.open(server, "--controllers=cronjob-controller")) {
            stage.create(cronJob("*/30 * * * *"));
            stage.awaitIdle();
            stage.clock().step(Duration.ofDays(30));
            stage.clock().pass(Duration.ofMinutes(31));
            stage.await("the last run only", () -> stage.all(Job.class).size() == 1);
            stage.await(
                    "a word about the others",
                    () -> stage.all(Event.class).stream()
                            .anyMatch(event -> event.getReason().equals("TooManyMissedTimes")));
            Set<String> names = names(stage);
            stage.clock().step(Duration.ofDays(-30));
            stage.clock().pass(Duration.ofMinutes(31));
            assertRest(stage);
            stage.restart();
            assertRest(stage);
            assertThat(names(stage)).isEqualTo(names);
        }
    }

    private static Set<String> names(Stage stage) {
        return stage.all(Job.class).stream()
                .map(job -> job.getMetadata().getName())
                .collect(Collectors.toSet());
    }

    @Test
    void anApiServerThatGoesAwayIsWaitedFor(InProcessApiServer server) throws Exception {
        try (Stage stage = Stage.open(server, "--controllers=replicaset-controller")) {
            stage.create(replicaSet("it", 40));
            stage.await("the first pods", () -> stage.all(Pod.class).size() > 5);
            stage.proxy().shut();
            int before = stage.proxy().requests();
            long rounds = stage.controllers().adds();
            stage.await("some more rounds", () -> stage.controllers().adds() > rounds + 5);
            assertThat(stage.proxy().requests() - before).isLessThan(200);
            stage.proxy().open();
            stage.await("all of them", () -> {
                stage.clock().pass(Duration.ofSeconds(1));
                return stage.all(Pod.class).size() == 40;
            });
            assertRest(stage);
            assertThat(stage.all(Pod.class)).hasSize(40);
        }
    }
}
