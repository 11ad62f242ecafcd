package io.jubernetes.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.SharedCluster;
import io.kubernetes.client.ProtoClient;
import io.kubernetes.client.proto.Meta.ObjectMeta;
import io.kubernetes.client.proto.V1.ConfigMap;
import io.kubernetes.client.proto.V1.ConfigMapList;
import io.kubernetes.client.proto.V1.Container;
import io.kubernetes.client.proto.V1.Pod;
import io.kubernetes.client.proto.V1.PodSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The official Java client's protobuf side, which can create, read, list, update, merge and delete.
@ExtendWith(SharedCluster.class)
class ProtobufTest {
    @Test
    void objectsLiveInProtobuf(LocalCluster cluster) throws Exception {
        String namespace = cluster.newNamespace("proto");
        var client = new ProtoClient(OfficialJavaClient.connect(cluster.kubeconfig()));
        String maps = "/api/v1/namespaces/" + namespace + "/configmaps";

        ConfigMap settings = ConfigMap.newBuilder()
                .setMetadata(ObjectMeta.newBuilder().setName("settings"))
                .putData("colour", "red")
                .build();
        var created = client.create(settings, maps, "v1", "ConfigMap");
        assertThat(created.status).isNull();
        assertThat(created.object.getMetadata().getUid()).isNotEmpty();
        var again = client.create(settings, maps, "v1", "ConfigMap");
        assertThat(again.status.getReason()).isEqualTo("AlreadyExists");
        assertThat(again.status.getCode()).isEqualTo(409);

        var updated = client.update(
                created.object.toBuilder().putData("colour", "blue").build(), maps + "/settings", "v1", "ConfigMap");
        assertThat(updated.object.getDataMap()).isEqualTo(Map.of("colour", "blue"));
        var stale = client.update(
                created.object.toBuilder().putData("colour", "green").build(), maps + "/settings", "v1", "ConfigMap");
        assertThat(stale.status.getReason()).isEqualTo("Conflict");

        ProtoClient.ObjectOrStatus<ConfigMap> read = client.get(ConfigMap.newBuilder(), maps + "/settings");
        assertThat(read.object).isEqualTo(updated.object);
        ProtoClient.ObjectOrStatus<ConfigMapList> list = client.list(ConfigMapList.newBuilder(), maps);
        assertThat(list.object.getItemsList())
                .extracting(map -> map.getMetadata().getName())
                .containsExactly("kube-root-ca.crt", "settings");
        assertThat(list.object.getItems(1)).isEqualTo(read.object);
        assertThat(list.object.getMetadata().getResourceVersion()).isNotEmpty();

        client.delete(ConfigMap.newBuilder(), maps + "/settings");
        assertThat(client.get(ConfigMap.newBuilder(), maps + "/settings").status.getReason())
                .isEqualTo("NotFound");
        cluster.forget(namespace);
    }

    @Test
    void podsRunFromProtobuf(LocalCluster cluster) throws Exception {
        String namespace = cluster.newNamespace("proto");
        var client = new ProtoClient(OfficialJavaClient.connect(cluster.kubeconfig()));
        String pods = "/api/v1/namespaces/" + namespace + "/pods";
        client.create(
                Pod.newBuilder()
                        .setMetadata(ObjectMeta.newBuilder().setName("site"))
                        .setSpec(PodSpec.newBuilder()
                                .setTerminationGracePeriodSeconds(0)
                                .addContainers(Container.newBuilder()
                                        .setName("site")
                                        .setImage(LocalCluster.IMAGE)
                                        .addCommand("sleep")
                                        .addCommand("1000")))
                        .build(),
                pods,
                "v1",
                "Pod");
        cluster.awaitReady(namespace, "site");
        ProtoClient.ObjectOrStatus<Pod> running = client.get(Pod.newBuilder(), pods + "/site");
        assertThat(running.object.getStatus().getPhase()).isEqualTo("Running");
        assertThat(running.object.getStatus().getContainerStatuses(0).getReady())
                .isTrue();
        cluster.forget(namespace);
    }
}
