package io.jubernetes.scheduler.reference;

import static io.jubernetes.scheduler.TestObjects.read;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Makes up what a cluster has beside pods. Names come from small sets, so that things meet.
public final class RandomObjects {
    static final List<String> APPS = List.of("web", "db", "cache");
    private static final int VOLUMES = 8;
    static final int CLAIMS = 16;

    private final Random random;

    public RandomObjects(Random random) {
        this.random = random;
    }

    boolean oneIn(int times) {
        return random.nextInt(times) == 0;
    }

    <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String when(int oneIn, String text) {
        return oneIn(oneIn) ? text : "";
    }

    public Node node(String name) {
        String effect = one(List.of("NoSchedule", "PreferNoSchedule", "NoExecute"));
        return read(
                """
                metadata:
                  name: %s
                  labels: {kubernetes.io/hostname: %s, disk: %s %s}
                spec: {taints: [%s], unschedulable: %s}
                status:
                  allocatable: {cpu: %d, memory: %dGi, ephemeral-storage: %dGi, pods: %d %s}
                  images: [%s]
                """.formatted(
                                name,
                                name,
                                one(List.of("ssd", "hdd")),
                                oneIn(6) ? "" : ", topology.kubernetes.io/zone: z" + random.nextInt(3),
                                when(5, "{key: dedicated, value: x, effect: " + effect + "}"),
                                oneIn(12),
                                2 + random.nextInt(6),
                                2 + random.nextInt(8),
                                1 + random.nextInt(10),
                                3 + random.nextInt(8),
                                when(3, ", example.com/fpga: " + (1 + random.nextInt(4))),
                                when(2, "{names: ['busybox:latest', 'docker.io/busybox:1'], sizeBytes: 400000000}")),
                Node.class);
    }

    /// What a node brings along: how many volumes can be attached, and its devices.
    public List<HasMetadata> belongings(String node) {
        List<String> devices = new ArrayList<>();
        for (int i = 0; i < random.nextInt(5); i++) {
            devices.add("{name: gpu-%d, attributes: {model: {string: %s}, numa: {int: %d}}, taints: [%s]}"
                    .formatted(
                            i,
                            one(List.of("a", "b")),
                            random.nextInt(2),
                            when(5, "{key: flaky, value: x, effect: NoSchedule}")));
        }
        return List.of(
                read("""
                        metadata: {name: %s}
                        spec: {drivers: [{name: csi.example.com, nodeID: %s, allocatable: {count: %d}}]}
                        """.formatted(node, node, 1 + random.nextInt(4)), CSINode.class),
                read("""
                        metadata: {name: slice-%s}
                        spec:
                          driver: gpu.example.com
                          nodeName: %s
                          pool: {name: %s, generation: 1, resourceSliceCount: 1}
                          devices: [%s]
                        """.formatted(node, node, node, String.join(", ", devices)), ResourceSlice.class),
                read("""
                        metadata: {name: attachment-%s}
                        spec: {nodeName: %s, attacher: csi.example.com, source: {persistentVolumeName: csi-%d}}
                        """.formatted(node, node, random.nextInt(VOLUMES)), VolumeAttachment.class));
    }

    /// What there is from the start.
    public List<HasMetadata> common() {
        List<HasMetadata> all = new ArrayList<>();
        all.add(read("metadata: {name: default, labels: {team: red}}", Namespace.class));
        all.add(read("metadata: {name: other, labels: {team: blue}}", Namespace.class));
        all.add(storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer", ""));
        all.add(storageClass("csi", "csi.example.com", "WaitForFirstConsumer", when(2, """
                {matchLabelExpressions: [{key: topology.kubernetes.io/zone, values: [z0, z1]}]}""")));
        all.add(storageClass("now", "csi.example.com", "Immediate", ""));
        all.add(read("metadata: {name: gpu}\nspec: {}", DeviceClass.class));
        all.add(read("""
                metadata: {name: web, namespace: default}
                spec: {selector: {app: web}}
                """, Service.class));
        all.add(read("""
                metadata: {name: db, namespace: default, uid: rs}
                spec: {selector: {matchLabels: {app: db}}}
                """, ReplicaSet.class));
        for (String app : APPS) {
            all.add(read("""
                    metadata: {name: %s, namespace: default}
                    spec: {selector: {matchLabels: {app: %s}}}
                    status: {disruptionsAllowed: %d}
                    """.formatted(app, app, random.nextInt(3)), PodDisruptionBudget.class));
        }
        for (int i = 0; i < VOLUMES; i++) {
            all.add(localVolume(i));
            all.add(csiVolume(i));
        }
        for (int i = 0; i < CLAIMS; i++) {
            all.add(oneIn(3) ? boundClaim(i) : openClaim(i));
            all.add(deviceClaim(i));
        }
        return all;
    }

    private static StorageClass storageClass(String name, String provisioner, String mode, String topology) {
        return read("""
                metadata: {name: %s}
                provisioner: %s
                volumeBindingMode: %s
                allowedTopologies: [%s]
                """.formatted(name, provisioner, mode, topology), StorageClass.class);
    }

    /// A volume that can be used on one node, or in one zone; each has another size.
    private PersistentVolume localVolume(int number) {
        String where = oneIn(3)
                ? "key: topology.kubernetes.io/zone, values: [z" + random.nextInt(3) + "]"
                : "key: kubernetes.io/hostname, values: [n" + random.nextInt(20) + "]";
        return read("""
                metadata: {name: local-%d}
                spec:
                  storageClassName: local
                  capacity: {storage: %dMi}
                  accessModes: [ReadWriteOnce, ReadWriteOncePod]
                  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{operator: In, %s}]}]}}
                status: {phase: Available}
                """.formatted(number, 500 + 100 * number, where), PersistentVolume.class);
    }

    private PersistentVolume csiVolume(int number) {
        return read(
                """
                metadata: {name: csi-%d, labels: {%s}}
                spec:
                  storageClassName: csi
                  capacity: {storage: 1Gi}
                  accessModes: [ReadWriteOnce]
                  csi: {driver: csi.example.com, volumeHandle: handle-%d}
                  claimRef: {namespace: default, name: claim-%d}
                status: {phase: Bound}
                """.formatted(number, when(2, "topology.kubernetes.io/zone: z0__z1"), number, number),
                PersistentVolume.class);
    }

    private PersistentVolumeClaim boundClaim(int number) {
        return read(
                """
                metadata:
                  {name: claim-%d, namespace: default, uid: claim-%d, annotations: {%s}}
                spec:
                  storageClassName: csi
                  accessModes: [%s]
                  volumeName: csi-%d
                  resources: {requests: {storage: 1Gi}}
                """.formatted(
                                number,
                                number,
                                oneIn(6) ? "" : "pv.kubernetes.io/bind-completed: 'yes'",
                                one(List.of("ReadWriteOnce", "ReadWriteOncePod")),
                                number),
                PersistentVolumeClaim.class);
    }

    private PersistentVolumeClaim openClaim(int number) {
        return read(
                """
                metadata: {name: claim-%d, namespace: default, uid: claim-%d}
                spec:
                  storageClassName: %s
                  accessModes: [%s]
                  resources: {requests: {storage: %dMi}}
                """.formatted(
                                number,
                                number,
                                one(List.of("local", "local", "csi", "csi", "now")),
                                one(List.of("ReadWriteOnce", "ReadWriteOncePod")),
                                400 + 70 * random.nextInt(10)),
                PersistentVolumeClaim.class);
    }

    private ResourceClaim deviceClaim(int number) {
        List<String> requests = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(2); i++) {
            requests.add("{name: r%d, %s}"
                    .formatted(
                            i,
                            oneIn(3)
                                    ? "firstAvailable: [{name: first, %s}, {name: second, %s}]"
                                            .formatted(wanted(), wanted())
                                    : "exactly: {" + wanted() + "}"));
        }
        return read(
                """
                metadata: {name: devices-%d, namespace: default, uid: devices-%d}
                spec: {devices: {requests: [%s], constraints: [%s]}}
                """.formatted(
                        number, number, String.join(", ", requests), when(3, "{matchAttribute: gpu.example.com/numa}")),
                ResourceClaim.class);
    }

    private String wanted() {
        return "deviceClassName: %s, count: %d, selectors: [%s], tolerations: [%s]"
                .formatted(
                        oneIn(20) ? "missing" : "gpu",
                        1 + random.nextInt(2),
                        when(
                                2,
                                "{cel: {expression: \""
                                        + one(List.copyOf(DeviceRules.MODEL_OF.keySet()).stream()
                                                .sorted()
                                                .toList()) + "\"}}"),
                        when(2, "{operator: Exists}"));
    }
}
