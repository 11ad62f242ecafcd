package io.jubernetes.apiserver.authz;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.authz.Authorizer.Attributes;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.testing.ClusterFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RbacAuthorizerTest {
    @TempDir
    Path folder;

    private ClusterFixture cluster;
    private RbacAuthorizer rbac;

    @BeforeEach
    void open() {
        cluster = ClusterFixture.open(folder);
        String version = "rbac.authorization.k8s.io/v1";
        rbac = new RbacAuthorizer(
                cluster.cache(version, "roles"),
                cluster.cache(version, "clusterroles"),
                cluster.cache(version, "rolebindings"),
                cluster.cache(version, "clusterrolebindings"));
        cluster.put(
                version,
                "roles",
                "a",
                "reader",
                "rules: [{verbs: [get, list], apiGroups: [''], resources: [pods, pods/log]}]");
        cluster.put(
                version,
                "roles",
                "a",
                "one-secret",
                "rules: [{verbs: [get], apiGroups: [''], resources: [secrets], resourceNames: [mine]}]");
        cluster.put(
                version,
                "clusterroles",
                "",
                "scaler",
                "rules: [{verbs: ['*'], apiGroups: [apps], resources: ['*/scale']},"
                        + " {verbs: [get], nonResourceURLs: [/metrics, /logs/*]}]");
        cluster.put(
                version, "clusterroles", "", "viewer", "rules: [{verbs: [get], apiGroups: ['*'], resources: ['*']}]");
        cluster.bind(
                "a",
                "reader",
                "Role",
                "reader",
                "{kind: User, name: ann}, {kind: ServiceAccount, name: bot, namespace: b}");
        cluster.bind("a", "one", "Role", "one-secret", "{kind: User, name: ann}");
        cluster.bind("a", "viewers", "ClusterRole", "viewer", "{kind: Group, name: staff}");
        cluster.bind("", "scalers", "ClusterRole", "scaler", "{kind: User, name: ops}");
        cluster.settle();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @ParameterizedTest(name = "{0} {1} {2}: {3}")
    @CsvSource({
        // a role holds in its namespace, for its verbs, resources and subresources
        "ann, GET, /api/v1/namespaces/a/pods/p, true",
        "ann, GET, /api/v1/namespaces/a/pods, true",
        "ann, GET, /api/v1/namespaces/a/pods/p/log, true",
        "ann, GET, /api/v1/namespaces/a/pods/p/exec, false",
        "ann, DELETE, /api/v1/namespaces/a/pods/p, false",
        "ann, GET, /api/v1/namespaces/b/pods/p, false",
        "ann, GET, /api/v1/pods, false",
        "ann, GET, /apis/apps/v1/namespaces/a/pods/p, false",
        // names narrow a rule, and a list has none
        "ann, GET, /api/v1/namespaces/a/secrets/mine, true",
        "ann, GET, /api/v1/namespaces/a/secrets/other, false",
        "ann, GET, /api/v1/namespaces/a/secrets, false",
        // service accounts are users of their namespace
        "system:serviceaccount:b:bot, GET, /api/v1/namespaces/a/pods/p, true",
        "system:serviceaccount:a:bot, GET, /api/v1/namespaces/a/pods/p, false",
        // a cluster role bound in a namespace holds there only
        "eve/staff, GET, /apis/apps/v1/namespaces/a/deployments/d, true",
        "eve/staff, GET, /apis/apps/v1/namespaces/b/deployments/d, false",
        "eve/staff, GET, /api/v1/nodes/n, false",
        // bound in the cluster it holds everywhere, on paths too
        "ops, PUT, /apis/apps/v1/namespaces/x/deployments/d/scale, true",
        "ops, PUT, /apis/apps/v1/namespaces/x/deployments/d, false",
        "ops, GET, /metrics, true",
        "ops, GET, /logs/kubelet, true",
        "ops, GET, /log, false",
        "nobody, GET, /api/v1/namespaces/a/pods/p, false",
    })
    void rulesHoldForWhomTheyAreBoundTo(String who, String method, String path, boolean allowed) {
        assertThat(rbac.authorize(asked(who, method, path)).allowed()).isEqualTo(allowed);
    }

    @Test
    void changesOfRolesAndBindingsAreNoticed() {
        Attributes asked = asked("late", "GET", "/api/v1/namespaces/a/pods/p");
        assertThat(rbac.authorize(asked).allowed()).isFalse();
        cluster.bind("a", "late", "Role", "reader", "{kind: User, name: late}");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> rbac.authorize(asked).allowed());
        cluster.remove("rbac.authorization.k8s.io/v1", "rolebindings", "a", "late");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> !rbac.authorize(asked).allowed());
    }

    private static Attributes asked(String who, String method, String path) {
        String[] parts = who.split("/");
        List<String> groups = parts.length > 1 ? List.of(parts[1]) : List.of();
        return Attributes.of(new UserInfo(parts[0], "", groups, Map.of()), RequestInfo.of(method, path, Map.of()));
    }
}
