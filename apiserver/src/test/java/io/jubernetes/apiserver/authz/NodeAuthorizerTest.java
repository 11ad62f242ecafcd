package io.jubernetes.apiserver.authz;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.authz.Authorizer.Attributes;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.testing.ClusterFixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeAuthorizerTest {
    @TempDir
    Path folder;

    private ClusterFixture cluster;
    private NodeAuthorizer authorizer;

    @BeforeEach
    void open() {
        cluster = ClusterFixture.open(folder);
        authorizer = new NodeAuthorizer(
                cluster.storage(), cluster.resource("v1", "pods"), cluster.resource("v1", "persistentvolumeclaims"));
        cluster.put(
                "v1",
                "pods",
                "a",
                "mine",
                "{spec: {nodeName: n1, serviceAccountName: bot, imagePullSecrets: [{name: pull}],"
                        + " volumes: [{name: s, secret: {secretName: vol}}, {name: c, configMap: {name: conf}},"
                        + " {name: p, projected: {sources: [{secret: {name: proj}}]}},"
                        + " {name: d, persistentVolumeClaim: {claimName: data}}],"
                        + " containers: [{name: x, envFrom: [{secretRef: {name: env}}],"
                        + " env: [{name: E, valueFrom: {configMapKeyRef: {name: key, key: k}}}]}]}}");
        cluster.put(
                "v1",
                "pods",
                "a",
                "other",
                "{spec: {nodeName: n2, volumes: [{name: s, secret: {secretName: foreign}}]}}");
        cluster.put("v1", "persistentvolumeclaims", "a", "data", "{spec: {volumeName: pv1}}");
        cluster.settle();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @CsvSource({
        // what a pod of the node refers to, one by one
        "GET, /api/v1/namespaces/a/secrets/vol, true",
        "GET, /api/v1/namespaces/a/secrets/pull, true",
        "GET, /api/v1/namespaces/a/secrets/proj, true",
        "GET, /api/v1/namespaces/a/secrets/env, true",
        "GET, /api/v1/namespaces/a/configmaps/conf, true",
        "GET, /api/v1/namespaces/a/configmaps/key, true",
        "GET, /api/v1/namespaces/a/persistentvolumeclaims/data, true",
        "GET, /api/v1/persistentvolumes/pv1, true",
        "POST, /api/v1/namespaces/a/serviceaccounts/bot/token, true",
        // and nothing else
        "GET, /api/v1/namespaces/a/secrets/foreign, false",
        "GET, /api/v1/namespaces/b/secrets/vol, false",
        "GET, /api/v1/namespaces/a/secrets, false",
        "GET, /api/v1/secrets, false",
        "PUT, /api/v1/namespaces/a/secrets/vol, false",
        "DELETE, /api/v1/namespaces/a/configmaps/conf, false",
        "GET, /api/v1/persistentvolumes/pv2, false",
        "POST, /api/v1/namespaces/a/serviceaccounts/admin/token, false",
        // its own lease and CSI node
        "PUT, /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1, true",
        "PUT, /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2, false",
        "PUT, /apis/coordination.k8s.io/v1/namespaces/default/leases/n1, false",
        "PUT, /apis/storage.k8s.io/v1/csinodes/n1, true",
        "PUT, /apis/storage.k8s.io/v1/csinodes/n2, false",
        // what every kubelet does
        "GET, /api/v1/pods, false",
        "GET, /api/v1/nodes/n2, false",
        "GET, /api/v1/nodes/n1, true",
        "PATCH, /api/v1/nodes/n1/status, true",
        "POST, /api/v1/namespaces/a/pods, true",
        "POST, /api/v1/namespaces/a/events, true",
        "GET, /api/v1/services, true",
        "POST, /apis/authentication.k8s.io/v1/tokenreviews, true",
        // what no kubelet does
        "DELETE, /api/v1/nodes/n1, false",
        "POST, /apis/apps/v1/namespaces/a/deployments, false",
        "GET, /apis/rbac.authorization.k8s.io/v1/clusterroles, false",
        "GET, /metrics, false",
    })
    void aKubeletMayDoWhatItsPodsNeed(String method, String path, boolean allowed) {
        assertThat(authorizer
                        .authorize(asked("system:node:n1", "system:nodes", method, path))
                        .allowed())
                .isEqualTo(allowed);
    }

    @Test
    void podsAreListedByTheirNodeOnly() {
        var user = new UserInfo("system:node:n1", "", List.of("system:nodes"), Map.of());
        var info = RequestInfo.of("GET", "/api/v1/pods", Map.of());
        assertThat(authorizer
                        .authorize(Attributes.of(user, info, "spec.nodeName=n1"))
                        .allowed())
                .isTrue();
        assertThat(authorizer
                        .authorize(Attributes.of(user, info, "spec.nodeName=n2"))
                        .reason())
                .isEqualTo("can only list/watch pods with spec.nodeName field selector");
    }

    @Test
    void aListOfItsOwnNodeIsAboutTheNode() {
        var user = new UserInfo("system:node:n1", "", List.of("system:nodes"), Map.of());
        var info = RequestInfo.of("GET", "/api/v1/nodes", Map.of());
        assertThat(authorizer
                        .authorize(Attributes.of(user, info, "metadata.name=n1"))
                        .allowed())
                .isTrue();
        assertThat(authorizer.authorize(Attributes.of(user, info, "")).allowed())
                .isFalse();
    }

    @Test
    void whoIsNoNodeGetsNoOpinion() {
        String path = "/api/v1/namespaces/a/secrets/vol";
        assertThat(authorizer.authorize(asked("system:node:n1", "staff", "GET", path)))
                .isEqualTo(Authorizer.Decision.NO_OPINION);
        assertThat(authorizer.authorize(asked("ann", "system:nodes", "GET", path)))
                .isEqualTo(Authorizer.Decision.NO_OPINION);
    }

    private static Attributes asked(String user, String group, String method, String path) {
        return Attributes.of(new UserInfo(user, "", List.of(group), Map.of()), RequestInfo.of(method, path, Map.of()));
    }
}
