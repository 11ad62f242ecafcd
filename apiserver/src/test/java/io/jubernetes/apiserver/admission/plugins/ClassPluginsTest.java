package io.jubernetes.apiserver.admission.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What classes of storage, ingresses and runtimes add to objects that name them or none.
class ClassPluginsTest extends PluginTest {
    private static final String STORAGE = "storage.k8s.io/v1";

    private String classOf(AdmissionPlugin plugin, String apiVersion, String plural, String body, String field) {
        ObjectNode object = object(body);
        assertThat(verdict(plugin, cluster.write(JANE, apiVersion, plural, "a/x", object, null)))
                .isEmpty();
        return object.path("spec").path(field).asText("none");
    }

    private void storageClass(String name, String more) {
        cluster.put(STORAGE, "storageclasses", "", name, more);
    }

    @Test
    void theNewestDefaultStorageClassIsTaken() {
        String mark = "storageclass.kubernetes.io/is-default-class: 'true'";
        storageClass("old", "{metadata: {creationTimestamp: '2026-01-01T00:00:00Z', annotations: {" + mark + "}}}");
        storageClass("new", "{metadata: {creationTimestamp: '2026-02-01T00:00:00Z', annotations: {" + mark + "}}}");
        storageClass("newest", "{metadata: {creationTimestamp: '2026-03-01T00:00:00Z'}}");
        cluster.settle();
        var plugin = new DefaultStorageClass(cluster.storage(), cluster.resource(STORAGE, "storageclasses"));
        String claims = "persistentvolumeclaims";
        assertThat(classOf(plugin, "v1", claims, "{spec: {}}", "storageClassName"))
                .isEqualTo("new");
        assertThat(classOf(plugin, "v1", claims, "{spec: {storageClassName: ''}}", "storageClassName"))
                .isEmpty();
        assertThat(classOf(
                        plugin,
                        "v1",
                        claims,
                        "{metadata: {annotations: {volume.beta.kubernetes.io/storage-class: slow}}, spec: {}}",
                        "storageClassName"))
                .isEqualTo("none");
    }

    @Test
    void anIngressGetsTheDefaultClassWhenThereIsOne() {
        String version = "networking.k8s.io/v1";
        var plugin = new DefaultIngressClass(cluster.storage(), cluster.resource(version, "ingressclasses"));
        assertThat(classOf(plugin, version, "ingresses", "{spec: {}}", "ingressClassName"))
                .isEqualTo("none");
        cluster.put(
                version,
                "ingressclasses",
                "",
                "nginx",
                "{metadata: {annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}}");
        cluster.settle();
        assertThat(classOf(plugin, version, "ingresses", "{spec: {}}", "ingressClassName"))
                .isEqualTo("nginx");
        assertThat(classOf(
                        plugin,
                        version,
                        "ingresses",
                        "{metadata: {annotations: {kubernetes.io/ingress.class: own}}, spec: {}}",
                        "ingressClassName"))
                .isEqualTo("none");
    }

    @ParameterizedTest
    @CsvSource({
        "v1, persistentvolumes, kubernetes.io/pv-protection",
        "v1, persistentvolumeclaims, kubernetes.io/pvc-protection",
        "storage.k8s.io/v1, volumeattributesclasses, kubernetes.io/vac-protection",
        "v1, configmaps, ''"
    })
    void storageInUseIsProtectedByAFinalizer(String apiVersion, String plural, String finalizer) {
        ObjectNode object = object("{metadata: {finalizers: [own/one]}}");
        var plugin = new StorageObjectInUseProtection();
        for (int i = 0; i < 2; i++) {
            assertThat(verdict(plugin, cluster.write(JANE, apiVersion, plural, "/x", object, null)))
                    .isEmpty();
        }
        assertThat(object.at("/metadata/finalizers"))
                .extracting(each -> each.asText())
                .containsExactlyElementsOf(
                        finalizer.isEmpty() ? java.util.List.of("own/one") : java.util.List.of("own/one", finalizer));
    }

    @ParameterizedTest
    @CsvSource({
        "Bound, fast, 2Gi, ''",
        "Bound, fast, 1Gi, ''",
        "Pending, fast, 2Gi, Only bound persistent volume claims can be expanded",
        "Bound, slow, 2Gi, only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc"
                + " must support resize",
        "Bound, '', 2Gi, only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc"
                + " must support resize"
    })
    void claimsGrowWhenBoundAndTheirClassSaysSo(String phase, String storageClass, String size, String refusal) {
        storageClass("fast", "{allowVolumeExpansion: true}");
        storageClass("slow", "{}");
        cluster.settle();
        var plugin = new PersistentVolumeClaimResize(cluster.storage(), cluster.resource(STORAGE, "storageclasses"));
        String claim = "{metadata: {name: x}, spec: {storageClassName: '" + storageClass
                + "', resources: {requests: {storage: %s}}}, status: {phase: " + phase + "}}";
        var request = cluster.write(
                JANE,
                "v1",
                "persistentvolumeclaims",
                "a/x",
                object(claim.formatted(size)),
                object(claim.formatted("1Gi")));
        assertThat(verdict(plugin, request))
                .isEqualTo(refusal.isEmpty() ? "" : "persistentvolumeclaims \"x\" is forbidden: " + refusal);
    }

    @Test
    void aRuntimeClassAddsOverheadPlaceAndTolerations() {
        String version = "node.k8s.io/v1";
        cluster.put(
                version,
                "runtimeclasses",
                "",
                "vm",
                "{overhead: {podFixed: {cpu: 100m}}, scheduling: {nodeSelector: {vm: 'yes'},"
                        + " tolerations: [{key: vm, operator: Exists}]}}");
        cluster.settle();
        var plugin = new RuntimeClass(cluster.storage(), cluster.resource(version, "runtimeclasses"));
        ObjectNode pod = object("{spec: {runtimeClassName: vm, nodeSelector: {disk: ssd}}}");
        assertThat(verdict(plugin, cluster.write(JANE, "v1", "pods", "a/p", pod, null)))
                .isEmpty();
        assertThat(pod)
                .isEqualTo(object("{spec: {runtimeClassName: vm, nodeSelector: {disk: ssd, vm: 'yes'},"
                        + " overhead: {cpu: 100m}, tolerations: [{key: vm, operator: Exists}]}}"));
        assertThat(refusal(plugin, "{spec: {runtimeClassName: gone}}"))
                .isEqualTo("pod rejected: RuntimeClass \"gone\" not found");
        assertThat(refusal(plugin, "{spec: {overhead: {cpu: 1}}}"))
                .isEqualTo("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
        assertThat(refusal(plugin, "{spec: {runtimeClassName: vm, overhead: {cpu: 1}}}"))
                .isEqualTo("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        assertThat(refusal(plugin, "{spec: {runtimeClassName: vm, nodeSelector: {vm: 'no'}}}"))
                .contains("conflict: runtimeClass.scheduling.nodeSelector[vm] = yes");
    }

    private String refusal(AdmissionPlugin plugin, String pod) {
        String start = "pods \"p\" is forbidden: ";
        String verdict = verdict(plugin, cluster.write(JANE, "v1", "pods", "a/p", object(pod), null));
        assertThat(verdict).startsWith(start);
        return verdict.substring(start.length());
    }
}
