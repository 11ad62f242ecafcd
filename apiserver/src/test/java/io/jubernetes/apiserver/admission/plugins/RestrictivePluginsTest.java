package io.jubernetes.apiserver.admission.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.Authorizer.Decision;
import io.jubernetes.apiserver.authz.Authorizer.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Plugins that say no to what the API would take, or complete pods for their nodes.
class RestrictivePluginsTest extends PluginTest {
    private AdmissionRequest pod(String spec) {
        return cluster.write(JANE, "v1", "pods", "a/p", object("{spec: {" + spec + "}}"), null);
    }

    @Test
    void boundPodsLearnTheirZone() {
        cluster.put(
                "v1",
                "nodes",
                "",
                "n1",
                "{metadata: {labels: {topology.kubernetes.io/zone: z1, topology.kubernetes.io/region: r1, disk: ssd}}}");
        cluster.settle();
        var plugin = new PodTopologyLabels(cluster.storage(), cluster.resource("v1", "nodes"));
        ObjectNode binding = object(
                "{metadata: {labels: {topology.kubernetes.io/region: own}}," + " target: {kind: Node, name: n1}}");
        assertThat(verdict(plugin, cluster.write(JANE, "v1", "pods", "a/p/binding", binding, null)))
                .isEmpty();
        assertThat(binding.at("/metadata/labels").toString())
                .isEqualTo("{\"topology.kubernetes.io/region\":\"own\",\"topology.kubernetes.io/zone\":\"z1\"}");
        ObjectNode placed = object("{spec: {nodeName: n1}}");
        assertThat(verdict(plugin, cluster.write(JANE, "v1", "pods", "a/p", placed, null)))
                .isEmpty();
        assertThat(placed.at("/metadata/labels")).hasSize(2);
        ObjectNode elsewhere = object("{spec: {nodeName: gone}}");
        assertThat(verdict(plugin, cluster.write(JANE, "v1", "pods", "a/p", elsewhere, null)))
                .isEmpty();
        assertThat(elsewhere.path("metadata").has("labels")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "linux   | 1    | 1Gi | ''",
                "linux   | 3    | 1Gi | Node didn't have enough allocatable resources: cpu, requested: 3000,"
                        + " allocatable: 2000",
                "linux   | 2500m | 8Gi | Node didn't have enough allocatable resources: cpu, requested: 2500,"
                        + " allocatable: 2000; memory, requested: 8589934592, allocatable: 4294967296",
                "windows | 1    | 1Gi | pod resize is only supported on linux nodes, node \"n1\" is \"windows\""
            })
    void runningPodsDoNotOutgrowTheirNode(String system, String cpu, String memory, String expected) {
        cluster.put(
                "v1",
                "nodes",
                "",
                "n1",
                "{metadata: {labels: {kubernetes.io/os: " + system
                        + "}}, status: {allocatable: {cpu: '2', memory: 4Gi}}}");
        var plugin = new PodResizeValidator(cluster.storage(), cluster.resource("v1", "nodes"));
        ObjectNode old = object("{spec: {nodeName: n1, containers: [{name: c}]}}");
        ObjectNode now = object("{spec: {nodeName: n1, containers: [{name: c, resources: {requests: {cpu: " + cpu
                + ", memory: " + memory + "}}}]}}");
        assertThat(verdict(plugin, cluster.write(JANE, "v1", "pods", "a/p/resize", now, old)))
                .endsWith(expected);
        assertThat(verdict(plugin, cluster.write(JANE, "v1", "pods", "a/p/resize", old.deepCopy(), old)))
                .isEmpty();
    }

    @Test
    void namespacesAreAskedForOrMade() {
        cluster.put("v1", "namespaces", "", "there", "{}");
        var exists = NamespaceOnDemand.exists(cluster.storage(), cluster.resource("v1", "namespaces"));
        assertThat(verdict(exists, cluster.write(JANE, "v1", "configmaps", "gone/c", object("{}"), null)))
                .isEqualTo("namespaces \"gone\" not found");
        assertThat(verdict(exists, cluster.write(JANE, "v1", "configmaps", "there/c", object("{}"), null)))
                .isEmpty();
        assertThat(verdict(exists, cluster.write(JANE, "v1", "namespaces", "/gone", object("{}"), null)))
                .isEmpty();
        List<String> made = new ArrayList<>();
        var provided = NamespaceOnDemand.provided(cluster.storage(), cluster.resource("v1", "namespaces"), made::add);
        for (String path : List.of("gone/c", "there/c")) {
            assertThat(verdict(provided, cluster.write(JANE, "v1", "configmaps", path, object("{}"), null)))
                    .isEmpty();
        }
        assertThat(made).containsExactly("gone");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kubernetes.io/hostname      | ''",
                "topology.kubernetes.io/zone | affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey"
                        + " topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed"
            })
    void podsKeepOthersFromTheirNodeOnly(String key, String expected) {
        String terms = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
                + " [{topologyKey: " + key + "}]}}";
        assertThat(verdict(new LimitPodHardAntiAffinityTopology(), pod(terms))).endsWith(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "'[]', '', true",
        "'[192.0.2.1]', '', false",
        "'[192.0.2.1]', '[192.0.2.1, 192.0.2.2]', true",
        "'[192.0.2.3]', '[192.0.2.1]', false"
    })
    void servicesGetNoNewExternalAddresses(String wanted, String before, boolean allowed) {
        ObjectNode old = before.isEmpty() ? null : object("{spec: {externalIPs: " + before + "}}");
        var request =
                cluster.write(JANE, "v1", "services", "a/s", object("{spec: {externalIPs: " + wanted + "}}"), old);
        assertThat(verdict(new DenyServiceExternalIps(), request))
                .endsWith(allowed ? "" : "Use of external IPs is denied by admission control.");
        assertThat(verdict(new DenyServiceExternalIps(), request).isEmpty()).isEqualTo(allowed);
    }

    @Test
    void podsTolerateTheTaintsOfTheDevicesTheyAskFor() {
        AdmissionRequest request = pod("containers: [{name: c, resources: {requests: {cpu: 1, example.com/gpu: 1,"
                + " requests.kubernetes.io/x: 1}}}], tolerations: [{key: other}]");
        assertThat(verdict(new ExtendedResourceToleration(), request)).isEmpty();
        assertThat(Objects.requireNonNull(request.object())
                        .at("/spec/tolerations")
                        .toString())
                .isEqualTo("[{\"key\":\"other\"},"
                        + "{\"key\":\"example.com/gpu\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"}]");
    }

    @Test
    void nothingPassesAlwaysDeny() {
        assertThat(verdict(Always.deny(), pod(""))).endsWith("admission control is denying all modifications");
        assertThat(verdict(Always.admit(), pod(""))).isEmpty();
    }

    private AdmissionRequest owned(String owners, @Nullable ObjectNode old) {
        return cluster.write(
                JANE,
                "v1",
                "configmaps",
                "a/c",
                object("{metadata: {name: c, ownerReferences: [" + owners + "]}}"),
                old);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "delete configmaps/", "delete configmaps/,update replicasets/finalizers"})
    void ownersAreSetByWhoMayDelete(String rights) {
        String plain = "{apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: u}";
        String blocking = "{apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: u, blockOwnerDeletion: true}";
        var plugin = new OwnerReferencesPermissionEnforcement(allowing(rights), cluster.catalog());
        boolean deletes = rights.contains("delete");
        boolean finalizes = rights.contains("finalizers");
        assertThat(verdict(plugin, owned(plain, null)))
                .contains(deletes ? "" : "cannot set an ownerRef on a resource you can't delete: ");
        assertThat(verdict(plugin, owned(plain, null)).isEmpty()).isEqualTo(deletes);
        assertThat(verdict(plugin, owned(blocking, null)).isEmpty()).isEqualTo(finalizes);
        if (deletes && !finalizes) {
            assertThat(verdict(plugin, owned(blocking, null)))
                    .contains("refers to a resource you can't set finalizers on");
        }
        // What was so before needs no right.
        ObjectNode same = owned(blocking, null).object();
        assertThat(verdict(plugin, owned(blocking, same))).isEmpty();
        assertThat(verdict(plugin, owned("", null))).isEmpty();
    }

    private static Authorizer allowing(String rights) {
        Set<String> all = Set.of(rights.split(","));
        return asked -> new Decision(
                all.contains(asked.verb() + " " + asked.resource() + "/" + asked.subresource())
                        ? Verdict.ALLOW
                        : Verdict.NO_OPINION,
                "");
    }

    private static final JsonNode TOLERATIONS = object(
            "{default: [{key: common, operator: Exists}], whitelist: [{key: common, operator: Exists}, {key: gpu,"
                    + " operator: Equal, value: blue}, {key: node.kubernetes.io/memory-pressure, operator: Exists}]}");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain | ''                                       | common:Exists:",
                "plain | '{key: gpu, operator: Equal, value: blue}' | common:Exists:,gpu:Equal:",
                "plain | '{key: common, effect: NoSchedule}'      | common:Exists:",
                "plain | '{key: secret, operator: Exists}'        | conflict",
                "noted | ''                                       | own:Exists:NoExecute",
                "noted | '{key: gpu, operator: Exists}'           | conflict",
                "empty | '{key: any, operator: Exists}'           | any:Exists:"
            })
    void namespacesSayWhatTheirPodsTolerate(String namespace, String own, String expected) {
        cluster.put("v1", "namespaces", "", "plain", "{}");
        String prefix = "{metadata: {annotations: {scheduler.alpha.kubernetes.io/";
        cluster.put(
                "v1",
                "namespaces",
                "",
                "noted",
                prefix + "defaultTolerations: '[{\"key\":\"own\",\"operator\":\"Exists\",\"effect\":\"NoExecute\"}]',"
                        + " scheduler.alpha.kubernetes.io/tolerationsWhitelist: '[{\"key\":\"own\",\"operator\":"
                        + "\"Exists\"}]'}}}");
        cluster.put(
                "v1",
                "namespaces",
                "",
                "empty",
                prefix + "defaultTolerations: '', scheduler.alpha.kubernetes.io/tolerationsWhitelist: ''}}}");
        ObjectNode pod = object("{spec: {tolerations: [" + own + "]}}");
        var plugin = new PodTolerationRestriction(cluster.storage(), cluster.resource("v1", "namespaces"), TOLERATIONS);
        String verdict = verdict(plugin, cluster.write(JANE, "v1", "pods", namespace + "/p", pod, null));
        if (expected.equals("conflict")) {
            assertThat(verdict).contains("conflict with its namespace whitelist");
            return;
        }
        assertThat(verdict).isEmpty();
        List<String> shown = new ArrayList<>();
        pod.at("/spec/tolerations")
                .forEach(each -> shown.add(each.path("key").asText() + ":"
                        + each.path("operator").asText("") + ":"
                        + each.path("effect").asText("")));
        assertThat(String.join(",", shown)).isEqualTo(expected);
    }

    @Test
    void podsThatAskForAnythingStayUnderMemoryPressure() {
        cluster.put("v1", "namespaces", "", "a", "{}");
        AdmissionRequest request = pod("containers: [{name: c, resources: {requests: {memory: 1Gi}}}]");
        assertThat(verdict(
                        new PodTolerationRestriction(
                                cluster.storage(), cluster.resource("v1", "namespaces"), TOLERATIONS),
                        request))
                .isEmpty();
        assertThat(Objects.requireNonNull(request.object()).findValuesAsText("key"))
                .containsExactly("common", "node.kubernetes.io/memory-pressure");
    }
}
