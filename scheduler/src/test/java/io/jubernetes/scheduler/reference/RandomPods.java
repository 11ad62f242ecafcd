package io.jubernetes.scheduler.reference;

import static io.jubernetes.scheduler.TestObjects.read;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/// Makes up pods that use, each now and then, everything that the default plugins look at.
public final class RandomPods {
    private final RandomObjects pick;
    private final Random random;
    private int started;

    public RandomPods(Random random) {
        this.random = random;
        pick = new RandomObjects(random);
    }

    private String when(int oneIn, Supplier<String> text) {
        return pick.oneIn(oneIn) ? text.get() : "";
    }

    /// A list of none to two.
    private String some(int oneIn, Supplier<String> item) {
        List<String> items = new ArrayList<>();
        for (int i = 0; i < 2 && pick.oneIn(oneIn); i++) {
            items.add(item.get());
        }
        return "[" + String.join(", ", items) + "]";
    }

    public Pod pod(String name) {
        boolean other = pick.oneIn(4);
        String app = pick.one(RandomObjects.APPS);
        return read(
                """
                metadata:
                  name: %s
                  namespace: %s
                  uid: uid-%s
                  labels: {app: %s, version: v%d}
                  ownerReferences: [%s]
                spec:
                  schedulerName: default-scheduler
                  priority: %d
                  %s
                  containers: [%s]
                  initContainers: %s
                  %s
                  %s
                  nodeSelector: {%s}
                  tolerations: [%s]
                  affinity: {%s}
                  topologySpreadConstraints: %s
                  volumes: %s
                  resourceClaims: %s
                status: {startTime: '2026-01-01T00:%02d:%02dZ'}
                """.formatted(
                        name,
                        other ? "other" : "default",
                        name,
                        app,
                        random.nextInt(2),
                        when(3, () -> "{apiVersion: apps/v1, kind: ReplicaSet, name: db, uid: rs, controller: true}"),
                        10 * random.nextInt(4),
                        when(10, () -> "preemptionPolicy: Never"),
                        container("main", ""),
                        some(
                                5,
                                () -> container(
                                        "init" + random.nextInt(1 << 20), when(2, () -> "restartPolicy: Always,"))),
                        when(6, () -> "overhead: {cpu: 50m, memory: 10Mi}"),
                        when(12, () -> "resources: {requests: {cpu: " + random.nextInt(3) + "}}"),
                        when(4, () -> "disk: " + pick.one(List.of("ssd", "hdd"))),
                        when(4, () -> "{key: dedicated, operator: Exists}"),
                        affinity(),
                        some(3, this::spread),
                        other ? "[]" : some(5, this::volume),
                        other ? "[]" : some(5, this::claim),
                        ++started / 60,
                        started % 60),
                Pod.class);
    }

    private String container(String name, String more) {
        List<String> requests = new ArrayList<>();
        if (!pick.oneIn(8)) {
            requests.add("cpu: " + 100 * random.nextInt(15) + "m");
        }
        if (!pick.oneIn(8)) {
            requests.add("memory: " + 64 * random.nextInt(16) + "Mi");
        }
        if (pick.oneIn(6)) {
            requests.add("ephemeral-storage: " + random.nextInt(3) + "Gi");
        }
        if (pick.oneIn(8)) {
            requests.add("example.com/fpga: " + random.nextInt(3));
        }
        return "{name: %s, %s image: %s, resources: {requests: {%s}}, ports: %s}"
                .formatted(
                        name,
                        more,
                        pick.one(List.of("busybox", "busybox", "nowhere:1")),
                        String.join(", ", requests),
                        some(
                                8,
                                () -> "{containerPort: 80, hostPort: %d %s}"
                                        .formatted(8000 + random.nextInt(2), when(2, () -> ", hostIP: 10.0.0.1"))));
    }

    private String affinity() {
        List<String> parts = new ArrayList<>();
        if (pick.oneIn(6)) {
            parts.add("nodeAffinity: {%s: {nodeSelectorTerms: [%s]}}"
                    .formatted(
                            "requiredDuringSchedulingIgnoredDuringExecution",
                            pick.oneIn(3)
                                    ? "{matchFields: [{key: metadata.name, operator: In, values: [n"
                                            + random.nextInt(20) + "]}]}"
                                    : "{matchExpressions: [" + expression() + "]}, {matchExpressions: [" + expression()
                                            + "]}"));
        } else if (pick.oneIn(6)) {
            parts.add("nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: ["
                    + "{weight: %d, preference: {matchExpressions: [%s]}}]}"
                            .formatted(1 + random.nextInt(100), expression()));
        }
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            if (pick.oneIn(3)) {
                parts.add(
                        pick.oneIn(2)
                                ? "%s: {requiredDuringSchedulingIgnoredDuringExecution: [%s]}".formatted(kind, term())
                                : "%s: {preferredDuringSchedulingIgnoredDuringExecution: [".formatted(kind)
                                        + "{weight: %d, podAffinityTerm: %s}]}"
                                                .formatted(1 + random.nextInt(100), term()));
            }
        }
        return String.join(", ", parts);
    }

    private String expression() {
        return pick.oneIn(2)
                ? "{key: disk, operator: In, values: [ssd]}"
                : "{key: topology.kubernetes.io/zone, operator: " + pick.one(List.of("Exists", "DoesNotExist")) + "}";
    }

    private String key() {
        return pick.one(List.of("topology.kubernetes.io/zone", "kubernetes.io/hostname"));
    }

    private String selector() {
        String app = pick.one(RandomObjects.APPS);
        return pick.oneIn(3)
                ? "{matchExpressions: [{key: app, operator: NotIn, values: [" + app + "]}]}"
                : "{matchLabels: {app: " + app + "}}";
    }

    private String term() {
        return "{topologyKey: %s, labelSelector: %s %s}"
                .formatted(
                        key(),
                        selector(),
                        pick.oneIn(3)
                                ? ", namespaces: [default, other]"
                                : when(
                                        4,
                                        () -> ", namespaceSelector: {matchLabels: {team: "
                                                + pick.one(List.of("red", "blue")) + "}}"));
    }

    private String spread() {
        boolean hard = pick.oneIn(2);
        return "{maxSkew: %d, topologyKey: %s, whenUnsatisfiable: %s, labelSelector: %s %s %s %s %s}"
                .formatted(
                        1 + random.nextInt(2),
                        key(),
                        hard ? "DoNotSchedule" : "ScheduleAnyway",
                        selector(),
                        when(3, () -> ", nodeAffinityPolicy: Ignore"),
                        when(3, () -> ", nodeTaintsPolicy: Honor"),
                        hard ? when(4, () -> ", minDomains: " + (1 + random.nextInt(4))) : "",
                        when(4, () -> ", matchLabelKeys: [version]"));
    }

    private String volume() {
        return pick.oneIn(4)
                ? "{name: disk, gcePersistentDisk: {pdName: disk-%d, readOnly: %s}}"
                        .formatted(random.nextInt(2), pick.oneIn(2))
                : "{name: v%d, persistentVolumeClaim: {claimName: claim-%d}}"
                        .formatted(random.nextInt(1 << 20), random.nextInt(RandomObjects.CLAIMS + 1));
    }

    private String claim() {
        return "{name: d%d, resourceClaimName: devices-%d}"
                .formatted(random.nextInt(1 << 20), random.nextInt(RandomObjects.CLAIMS + 1));
    }

    /// The pod in the middle of a change of its CPU: what it asks for is not what it has.
    public Pod resized(Pod pod) {
        PodStatus status = read(
                """
                conditions: [%s]
                startTime: '%s'
                containerStatuses:
                - {name: main, allocatedResources: {cpu: %dm}, resources: {requests: {cpu: %dm}}}
                """.formatted(
                                when(3, () -> "{type: PodResizePending, status: 'True', reason: Infeasible}"),
                                pod.getStatus().getStartTime(),
                                100 * random.nextInt(15),
                                100 * random.nextInt(15)),
                PodStatus.class);
        return pod.edit().withStatus(status).build();
    }
}
