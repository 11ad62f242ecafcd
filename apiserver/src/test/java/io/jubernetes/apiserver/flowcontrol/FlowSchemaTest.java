package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which requests a flow schema matches.
class FlowSchemaTest {
    private static final List<FlowSchema> FROM_THE_START = BootstrapFlows.read().of("FlowSchema").stream()
            .map(FlowSchema::of)
            .sorted(FlowSchema.ORDER)
            .toList();

    private static FlowSchema schema(String spec) throws IOException {
        String object = "metadata: {name: mine, uid: u1}\nspec: " + spec;
        return FlowSchema.of(Yaml.read(object.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @CsvSource({
        "admin, system:masters, GET, /api/v1/pods, exempt",
        "admin, system:masters, GET, /version, exempt",
        "nobody, system:unauthenticated, GET, /healthz, probes",
        "nobody, system:unauthenticated, GET, /readyz, probes",
        "nobody, system:unauthenticated, GET, /readyz/ping, global-default",
        "nobody, system:unauthenticated, HEAD, /healthz, global-default",
        "system:kube-scheduler, '', PUT, /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/a,"
                + " system-leader-election",
        "system:kube-scheduler, '', DELETE, /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/a,"
                + " kube-scheduler",
        "system:kube-scheduler, '', GET, /api/v1/pods, kube-scheduler",
        "system:node:a, system:nodes, PATCH, /api/v1/nodes/a/status, system-node-high",
        "system:node:a, system:nodes, PUT, /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a,"
                + " system-node-high",
        "system:node:a, system:nodes, GET, /api/v1/pods, system-nodes",
        "system:kube-controller-manager, '', GET, /api/v1/pods, kube-controller-manager",
        "system:serviceaccount:kube-system:x, system:serviceaccounts, GET, /api/v1/pods,"
                + " kube-system-service-accounts",
        "system:serviceaccount:kube-systems:x, system:serviceaccounts, GET, /api/v1/pods, service-accounts",
        "jane, people, GET, /api/v1/pods, global-default",
    })
    void theSchemasOfTheStartSortRequestsAsUpstreamDoes(
            String user, String group, String method, String path, String expected) {
        String general = group.equals("system:unauthenticated") ? group : "system:authenticated";
        Arrival arrival = Arrivals.of(user, List.of(group, general), method, path);
        assertThat(FROM_THE_START.stream()
                        .filter(schema -> schema.matches(arrival))
                        .findFirst()
                        .map(FlowSchema::name))
                .contains(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{kind: User, user: {name: jane}} | jane | true",
                "{kind: User, user: {name: jane}} | janet | false",
                "{kind: User, user: {name: '*'}} | anybody | true",
                "{kind: Group, group: {name: people}} | jane | true",
                "{kind: Group, group: {name: '*'}} | jane | true",
                "{kind: Group, group: {name: peoples}} | jane | false",
                "{kind: ServiceAccount, serviceAccount: {namespace: a, name: b}} | system:serviceaccount:a:b | true",
                "{kind: ServiceAccount, serviceAccount: {namespace: a, name: b}} | system:serviceaccount:a:bc | false",
                "{kind: ServiceAccount, serviceAccount: {namespace: a, name: '*'}} | system:serviceaccount:a:z | true",
                "{kind: ServiceAccount, serviceAccount: {namespace: a, name: '*'}} | system:serviceaccount:a:z:z | false",
                "{kind: ServiceAccount, serviceAccount: {namespace: a, name: '*'}} | system:serviceaccount:ab:z | false",
                "{kind: ServiceAccount, serviceAccount: {namespace: a, name: '*'}} | jane | false",
            })
    void aSubjectIsAUserAGroupOrAnAccount(String subject, String user, boolean expected) throws IOException {
        FlowSchema schema = schema(
                "{rules: [{subjects: [" + subject + "], nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}]}]}");
        assertThat(schema.matches(Arrivals.of(user, List.of("people"), "GET", "/version")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{verbs: [list], apiGroups: [''], resources: [pods], namespaces: [a]} | GET | /api/v1/namespaces/a/pods | true",
                "{verbs: [list], apiGroups: [''], resources: [pods], namespaces: [a]} | GET | /api/v1/namespaces/b/pods | false",
                "{verbs: [list], apiGroups: [''], resources: [pods], namespaces: ['*']} | GET | /api/v1/pods | false",
                "{verbs: [list], apiGroups: [''], resources: [pods], clusterScope: true} | GET | /api/v1/pods | true",
                "{verbs: [list], apiGroups: [''], resources: [pods], clusterScope: true} | GET"
                        + " | /api/v1/namespaces/a/pods | false",
                "{verbs: [get], apiGroups: [''], resources: [pods], namespaces: [a]} | GET | /api/v1/namespaces/a/pods | false",
                "{verbs: ['*'], apiGroups: [apps], resources: ['*'], namespaces: ['*']} | PUT"
                        + " | /apis/apps/v1/namespaces/a/deployments/d/scale | true",
                "{verbs: ['*'], apiGroups: [apps], resources: [deployments], namespaces: ['*']} | PUT"
                        + " | /apis/apps/v1/namespaces/a/deployments/d/scale | false",
                "{verbs: ['*'], apiGroups: [apps], resources: [deployments/scale], namespaces: ['*']} | PUT"
                        + " | /apis/apps/v1/namespaces/a/deployments/d/scale | true",
                "{verbs: ['*'], apiGroups: [batch], resources: ['*'], namespaces: ['*']} | GET"
                        + " | /apis/apps/v1/namespaces/a/deployments | false",
                "{verbs: [get], apiGroups: [''], resources: [namespaces], namespaces: [a]} | GET | /api/v1/namespaces/a | true",
                "{verbs: [watch], apiGroups: [''], resources: [pods], clusterScope: true} | GET | /api/v1/pods?watch=1 | true",
            })
    void aResourceRuleNamesVerbsGroupsResourcesAndNamespaces(String rule, String method, String path, boolean expected)
            throws IOException {
        FlowSchema schema =
                schema("{rules: [{subjects: [{kind: User, user: {name: jane}}], resourceRules: [" + rule + "]}]}");
        assertThat(schema.matches(Arrivals.of("jane", method, path))).isEqualTo(expected);
        assertThat(schema.matches(Arrivals.of("joe", method, path))).isFalse();
        assertThat(schema.matches(Arrivals.of("jane", method, "/version"))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "/healthz, /healthz, true",
        "/healthz, /healthz/ping, false",
        "/openapi/*, /openapi/v3, true",
        "/openapi/*, /openapi/, true",
        "/openapi/*, /openapi, false",
        "'*', /anything, true",
        "/, /, true",
        "/, /version, false",
    })
    void aPathIsWholeOrEndsInAnAsterisk(String pattern, String path, boolean expected) throws IOException {
        FlowSchema schema = schema("{rules: [{subjects: [{kind: User, user: {name: jane}}],"
                + " nonResourceRules: [{verbs: [get], nonResourceURLs: ['" + pattern + "']}]}]}");
        assertThat(schema.matches(Arrivals.of("jane", "GET", path))).isEqualTo(expected);
        assertThat(schema.matches(Arrivals.of("jane", "POST", path))).isFalse();
    }

    @Test
    void theDistinguisherPartsTheRequestsOfASchema() throws IOException {
        Arrival arrival = Arrivals.of("jane", "GET", "/api/v1/namespaces/a/pods");
        Arrival ofNamespace = Arrivals.of("jane", "GET", "/api/v1/namespaces/a");
        assertThat(schema("{distinguisherMethod: {type: ByUser}}").distinguish(arrival))
                .isEqualTo("jane");
        FlowSchema byNamespace = schema("{distinguisherMethod: {type: ByNamespace}}");
        assertThat(byNamespace.distinguish(arrival)).isEqualTo("a");
        assertThat(byNamespace.distinguish(ofNamespace)).isEqualTo("a");
        assertThat(schema("{}").distinguish(arrival)).isEmpty();
    }

    @Test
    void theLeastPrecedenceIsAskedFirstAndThenTheName() {
        assertThat(Stream.of(named("b", 5), named("a", 5), named("c", 1)).sorted(FlowSchema.ORDER))
                .extracting(FlowSchema::name)
                .containsExactly("c", "a", "b");
    }

    private static FlowSchema named(String name, int precedence) {
        return new FlowSchema(name, "", precedence, "level", FlowSchema.Distinguisher.NONE, List.of());
    }
}
