package io.jubernetes.apiserver.admission.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.UserInfo;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a kubelet may write.
class NodeRestrictionTest extends PluginTest {
    private static final UserInfo NODE = new UserInfo("system:node:n1", "", List.of("system:nodes"), Map.of());
    private static final String OWNER = "metadata: {annotations: {kubernetes.io/config.mirror: x}, ownerReferences:"
            + " [{apiVersion: v1, kind: Node, name: n1, uid: uid-n1, controller: true}]}";

    private NodeRestriction plugin;

    @BeforeEach
    void nodes() {
        cluster.put("v1", "nodes", "", "n1", "{}");
        cluster.put("v1", "pods", "a", "mine", "{spec: {nodeName: n1}}");
        cluster.put("v1", "pods", "a", "other", "{spec: {nodeName: n2}}");
        cluster.settle();
        plugin =
                new NodeRestriction(cluster.storage(), cluster.resource("v1", "pods"), cluster.resource("v1", "nodes"));
    }

    private String verdict(String plural, String path, @Nullable String object, @Nullable String old) {
        String version = plural.equals("leases") ? "coordination.k8s.io/v1" : "v1";
        ObjectNode now = object == null ? null : object(object);
        return verdict(plugin, cluster.write(NODE, version, plural, path, now, old == null ? null : object(old)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "{" + OWNER + ", spec: {nodeName: n1}}|",
                "{spec: {nodeName: n1}}|pod does not have \"kubernetes.io/config.mirror\" annotation, node \"n1\" can"
                        + " only create mirror pods",
                "{" + OWNER + ", spec: {nodeName: n2}}|node \"n1\" can only create pods with spec.nodeName set to"
                        + " itself",
                "{metadata: {annotations: {kubernetes.io/config.mirror: x}}, spec: {nodeName: n1}}|node \"n1\" can only"
                        + " create pods with an owner reference set to itself",
                "{" + OWNER + ", spec: {nodeName: n1, serviceAccountName: x}}|node \"n1\" can not create pods that"
                        + " reference a service account",
                "{" + OWNER + ", spec: {nodeName: n1, volumes: [{secret: {secretName: x}}]}}|node \"n1\" can not create"
                        + " pods that reference secrets",
                "{" + OWNER + ", spec: {nodeName: n1, containers: [{envFrom: [{configMapRef: {name: x}}]}]}}|node"
                        + " \"n1\" can not create pods that reference configmaps",
                "{" + OWNER + ", spec: {nodeName: n1, volumes: [{persistentVolumeClaim: {claimName: x}}]}}|node \"n1\""
                        + " can not create pods that reference persistentvolumeclaims"
            })
    void onlyPlainMirrorPodsAreCreated(String pod, @Nullable String refusal) {
        String verdict = verdict("pods", "a/p", pod, null);
        assertThat(verdict).isEqualTo(refusal == null ? "" : "pods \"p\" is forbidden: " + refusal);
    }

    @Test
    void podsOfOtherNodesStay() {
        assertThat(verdict("pods", "a/mine", null, "{spec: {nodeName: n1}}")).isEmpty();
        assertThat(verdict("pods", "a/other", null, "{spec: {nodeName: n2}}"))
                .contains("node \"n1\" can only delete pods with spec.nodeName set to itself");
        assertThat(verdict("pods", "a/mine/eviction", "{}", null)).isEmpty();
        assertThat(verdict("pods", "a/other/eviction", "{}", null))
                .contains("node n1 can only evict pods with spec.nodeName set to itself");
        assertThat(verdict("pods", "a/other/status", "{spec: {nodeName: n2}}", "{spec: {nodeName: n2}}"))
                .contains("node \"n1\" can only update pod status for pods with spec.nodeName set to itself");
        assertThat(verdict(
                        "pods",
                        "a/mine/status",
                        "{metadata: {labels: {app: x}}, spec: {nodeName: n1}}",
                        "{spec: {nodeName: n1}}"))
                .contains("node \"n1\" cannot update labels through pod status");
    }

    @ParameterizedTest
    @CsvSource({
        "kubernetes.io/hostname, true",
        "node.kubernetes.io/exotic, true",
        "example.com/anything, true",
        "node-role.kubernetes.io/control-plane, false",
        "node-restriction.kubernetes.io/secure, false",
        "sub.node-restriction.kubernetes.io/secure, false"
    })
    void aNodeHasLabelsThatSteerNoWork(String label, boolean allowed) {
        String node = "{metadata: {name: n1, labels: {" + label + ": x}}}";
        assertThat(verdict("nodes", "/n1", node, null))
                .isEqualTo(
                        allowed
                                ? ""
                                : "nodes \"n1\" is forbidden: node \"n1\" is not allowed to set the following labels: "
                                        + label);
        assertThat(verdict("nodes", "/n1", node, "{metadata: {name: n1}}"))
                .isEqualTo(allowed ? "" : "nodes \"n1\" is forbidden: is not allowed to modify labels: " + label);
        assertThat(verdict("nodes", "/n1", node, node)).isEmpty();
    }

    @Test
    void aNodeChangesNeitherTaintsNorOtherNodes() {
        assertThat(verdict("nodes", "/n1", "{spec: {taints: []}}", "{spec: {taints: [{key: a, effect: NoSchedule}]}}"))
                .contains("node \"n1\" is not allowed to modify taints");
        assertThat(verdict("nodes", "/n2", "{}", "{}")).contains("node \"n1\" is not allowed to modify node \"n2\"");
        assertThat(verdict("leases", "kube-node-lease/n1", "{metadata: {name: n1}}", null))
                .isEmpty();
        assertThat(verdict("leases", "kube-node-lease/n2", "{metadata: {name: n2}}", null))
                .contains("can only access node lease with the same name as the requesting node");
        assertThat(verdict("leases", "default/n1", "{metadata: {name: n1}}", null))
                .contains("can only access leases in the \"kube-node-lease\" system namespace");
    }

    @Test
    void tokensAreForPodsOfTheNode() {
        assertThat(verdict("serviceaccounts", "a/bot/token", "{spec: {}}", null))
                .contains("node requested token not bound to a pod");
        String reference = "{spec: {boundObjectRef: {apiVersion: v1, kind: Pod, name: %s, uid: %s}}}";
        assertThat(verdict("serviceaccounts", "a/bot/token", reference.formatted("mine", "uid-mine"), null))
                .isEmpty();
        assertThat(verdict("serviceaccounts", "a/bot/token", reference.formatted("mine", "uid-old"), null))
                .contains("does not match the UID in record");
        assertThat(verdict("serviceaccounts", "a/bot/token", reference.formatted("other", "uid-other"), null))
                .contains("node requested token bound to a pod scheduled on a different node");
    }

    @Test
    void claimsGetAStatusAndNothingElse() {
        String claims = "persistentvolumeclaims";
        assertThat(verdict(claims, "a/c/status", "{status: {capacity: {storage: 2Gi}}}", "{}"))
                .isEmpty();
        assertThat(verdict(claims, "a/c/status", "{metadata: {labels: {a: b}}}", "{}"))
                .contains("is not allowed to update fields other than status.capacity and status.conditions");
        assertThat(verdict(claims, "a/c", "{}", "{}")).contains("may only update PVC status");
        assertThat(verdict(plugin, cluster.write(JANE, "v1", "nodes", "/n2", object("{}"), object("{}"))))
                .isEmpty();
    }
}
