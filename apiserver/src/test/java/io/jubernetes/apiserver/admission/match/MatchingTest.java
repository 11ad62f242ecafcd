package io.jubernetes.apiserver.admission.match;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.testing.ClusterFixture;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which requests are matched, and as which version.
class MatchingTest {
    @TempDir
    static Path folder;

    private static ClusterFixture cluster;

    @BeforeAll
    static void open() {
        cluster = ClusterFixture.open(folder);
        cluster.put("v1", "namespaces", "", "gold", "{metadata: {labels: {tier: gold}}}");
        cluster.put("v1", "namespaces", "", "plain", "{}");
        cluster.settle();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    /// @param request `apiVersion/resource namespace/name[/subresource] [labels]`; a leading `-` for a deletion, `~`
    /// for
    ///     an update
    /// @param verdict the version it is matched as; `no`, or the message of a refusal
    record Case(String criteria, String request, String verdict) {}

    private static String rule(String groups, String versions, String resources, String more) {
        return "resourceRules: [{operations: ['*'], apiGroups: ['" + groups + "'], apiVersions: ['" + versions
                + "'], resources: ['" + resources + "']" + more + "}]";
    }

    static Stream<Case> cases() {
        String maps = rule("", "v1", "configmaps", "");
        String map = "v1/configmaps plain/m";
        String scaler = "autoscaling/v2/horizontalpodautoscalers plain/h";
        return Stream.of(
                new Case(maps, map, "v1"),
                new Case(maps, "v1/secrets plain/m", "no"),
                new Case(rule("apps", "v1", "configmaps", ""), map, "no"),
                new Case(rule("*", "*", "*", ""), map, "v1"),
                new Case(rule("", "v2", "configmaps", ""), map, "no"),
                new Case(rule("", "v1", "*", ""), "v1/pods plain/p/status", "no"),
                new Case(rule("", "v1", "pods", ""), "v1/pods plain/p/status", "no"),
                new Case(rule("", "v1", "pods/status", ""), "v1/pods plain/p/status", "v1"),
                new Case(rule("", "v1", "pods/*", ""), "v1/pods plain/p/status", "v1"),
                new Case(rule("", "v1", "*/status", ""), "v1/pods plain/p/status", "v1"),
                new Case(rule("", "v1", "*/*", ""), "v1/pods plain/p", "v1"),
                new Case(maps.replace("'*'", "CREATE"), map, "v1"),
                new Case(maps.replace("'*'", "CREATE"), "~" + map, "no"),
                new Case(maps.replace("'*'", "DELETE"), "-" + map, "v1"),
                new Case(rule("", "v1", "configmaps", ", resourceNames: [a, m]"), map, "v1"),
                new Case(rule("", "v1", "configmaps", ", resourceNames: [a]"), map, "no"),
                new Case(rule("", "v1", "*", ", scope: Namespaced"), map, "v1"),
                new Case(rule("", "v1", "*", ", scope: Cluster"), map, "no"),
                new Case(rule("", "v1", "*", ", scope: Cluster"), "v1/nodes /n", "v1"),
                new Case(rule("", "v1", "*", ", scope: Cluster"), "v1/namespaces /gold", "v1"),
                new Case(rule("", "v1", "*", ", scope: Namespaced"), "v1/namespaces /gold", "no"),
                new Case(
                        maps + ", excludeResourceRules: [{operations: ['*'], apiGroups: [''], apiVersions: [v1],"
                                + " resources: [configmaps], resourceNames: [m]}]",
                        map,
                        "no"),
                new Case(maps + ", namespaceSelector: {matchLabels: {tier: gold}}", map, "no"),
                new Case(maps + ", namespaceSelector: {matchLabels: {tier: gold}}", "v1/configmaps gold/m", "v1"),
                new Case(
                        maps + ", namespaceSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}",
                        map,
                        "v1"),
                new Case(
                        maps + ", namespaceSelector: {matchLabels: {tier: gold}}",
                        "v1/configmaps gone/m",
                        "namespaces \"gone\" not found"),
                new Case(
                        rule("", "v1", "nodes", "") + ", namespaceSelector: {matchLabels: {tier: gold}}",
                        "v1/nodes /n",
                        "v1"),
                new Case(
                        rule("", "v1", "namespaces", "") + ", namespaceSelector: {matchLabels: {tier: gold}}",
                        "v1/namespaces /new {tier: gold}",
                        "v1"),
                new Case(
                        rule("", "v1", "namespaces", "") + ", namespaceSelector: {matchLabels: {tier: gold}}",
                        "v1/namespaces /new",
                        "no"),
                new Case(maps + ", objectSelector: {matchLabels: {a: b}}", map, "no"),
                new Case(maps + ", objectSelector: {matchLabels: {a: b}}", map + " {a: b}", "v1"),
                new Case(maps + ", objectSelector: {matchLabels: {a: b}}", "-" + map + " {a: b}", "v1"),
                new Case(rule("autoscaling", "v1", "*", ""), scaler, "no"),
                new Case(rule("autoscaling", "v1", "*", "") + ", matchPolicy: Exact", scaler, "no"),
                new Case(rule("autoscaling", "v1", "*", "") + ", matchPolicy: Equivalent", scaler, "autoscaling/v1"),
                new Case(rule("autoscaling", "*", "*", "") + ", matchPolicy: Equivalent", scaler, "autoscaling/v2"),
                new Case(
                        rule("", "v1", "events", "") + ", matchPolicy: Equivalent",
                        "events.k8s.io/v1/events plain/e",
                        "v1"));
    }

    private static AdmissionRequest request(String text) {
        boolean deletion = text.startsWith("-");
        boolean update = text.startsWith("~");
        String[] parts = (deletion || update ? text.substring(1) : text).split(" ", 3);
        int slash = parts[0].lastIndexOf('/');
        String apiVersion = parts[0].substring(0, slash);
        ObjectNode object = ClusterFixture.object("{apiVersion: " + apiVersion + ", metadata: {name: "
                + parts[1].split("/")[1] + ", labels: " + (parts.length > 2 ? parts[2] : "{}") + "}}");
        return cluster.write(
                UserInfo.anonymous(),
                apiVersion,
                parts[0].substring(slash + 1),
                parts[1],
                deletion ? null : object,
                deletion || update ? object : null);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aRequestIsMatched(Case tried) {
        var matching = new Matching(cluster.catalog(), cluster.storage());
        Criteria criteria = Criteria.ofPolicy(ClusterFixture.object("{" + tried.criteria() + "}"));
        String verdict;
        try {
            verdict = matching.match(criteria, request(tried.request()))
                    .map(ApiResource::apiVersion)
                    .orElse("no");
        } catch (ApiException e) {
            verdict = String.valueOf(e.getMessage());
        }
        assertThat(verdict).isEqualTo(tried.verdict());
    }
}
