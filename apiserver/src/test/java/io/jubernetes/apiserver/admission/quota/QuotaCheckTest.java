package io.jubernetes.apiserver.admission.quota;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.FieldOwnership;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.testing.ClusterFixture;
import io.jubernetes.common.meta.Quantity;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Quotas: what counts, what is refused in which words, and that races let nothing more through.
class QuotaCheckTest {
    private static final UserInfo JANE = new UserInfo("jane", "", List.of(), Map.of());

    @TempDir
    Path folder;

    private ClusterFixture cluster;

    @BeforeEach
    void open() {
        cluster = ClusterFixture.open(folder);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private ResourceQuota plugin(String configuration) {
        return new ResourceQuota(
                cluster.storage(),
                cluster.resource("v1", "resourcequotas"),
                FieldOwnership.NONE,
                ClusterFixture.object(configuration),
                Clock.systemUTC());
    }

    private void quota(String name, String spec, String hard, String used) {
        cluster.put(
                "v1",
                "resourcequotas",
                "a",
                name,
                "{spec: " + spec + ", status: {hard: " + hard + ", used: " + used + "}}");
        cluster.settle();
    }

    private Map<String, String> used(String name) {
        return Meta.strings(cluster.get("v1", "resourcequotas", "a", name).at("/status/used"));
    }

    private String verdict(ResourceQuota plugin, String plural, String object, @Nullable String old) {
        String version = plural.equals("deployments") ? "apps/v1" : "v1";
        ObjectNode before = old == null ? null : ClusterFixture.object(old);
        AdmissionRequest request = cluster.write(JANE, version, plural, "a/x", ClusterFixture.object(object), before);
        return verdict(() -> {
            plugin.validate(request);
            return "";
        });
    }

    private static String verdict(Supplier<String> write) {
        try {
            return write.get();
        } catch (ApiException e) {
            String message = String.valueOf(e.getMessage());
            return message.substring(message.indexOf(": ") + 2);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{requests: {cpu: 500m}, limits: {cpu: 1}}|",
                "{requests: {cpu: 600m}, limits: {cpu: 1}}|exceeded quota: q, requested: cpu=600m, used: cpu=500m,"
                        + " limited: cpu=1",
                "{requests: {cpu: 600m}, limits: {cpu: 5}}|exceeded quota: q, requested: cpu=600m,limits.cpu=5, used:"
                        + " cpu=500m,limits.cpu=0, limited: cpu=1,limits.cpu=2",
                "{}|failed quota: q: must specify cpu for: c; limits.cpu for: c",
                "{requests: {cpu: 1}}|failed quota: q: must specify limits.cpu for: c"
            })
    void podsAreHeldToWhatTheyAskFor(String resources, @Nullable String refusal) {
        quota("q", "{}", "{cpu: 1, limits.cpu: 2, pods: 5}", "{cpu: 500m, limits.cpu: 0, pods: 1}");
        String pod = "{spec: {containers: [{name: c, resources: " + resources + "}]}}";
        assertThat(verdict(plugin("{}"), "pods", pod, null)).isEqualTo(refusal == null ? "" : refusal);
        if (refusal == null) {
            assertThat(used("q")).isEqualTo(Map.of("cpu", "1", "limits.cpu", "1", "pods", "2"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{scopes: [BestEffort]}|{containers: [{name: c}]}|true",
                "{scopes: [BestEffort]}|{containers: [{name: c, resources: {requests: {cpu: 1}}}]}|false",
                "{scopes: [NotBestEffort]}|{containers: [{name: c, resources: {requests: {cpu: 1}}}]}|true",
                "{scopes: [Terminating]}|{activeDeadlineSeconds: 5, containers: [{name: c}]}|true",
                "{scopes: [Terminating]}|{containers: [{name: c}]}|false",
                "{scopes: [NotTerminating]}|{containers: [{name: c}]}|true",
                "{scopes: [Terminating, BestEffort]}|{containers: [{name: c}]}|false",
                "{scopes: [CrossNamespacePodAffinity]}|{affinity: {podAffinity:"
                        + " {requiredDuringSchedulingIgnoredDuringExecution: [{namespaces: [b]}]}}}|true",
                "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}}"
                        + "|{priorityClassName: high}|true",
                "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}}"
                        + "|{priorityClassName: low}|false",
                "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: DoesNotExist}]}}|{}|true",
                "{scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [high]}]}}"
                        + "|{}|true"
            })
    void scopesConfineAQuota(String scopes, String spec, boolean counted) {
        quota("q", scopes, "{pods: 5}", "{pods: 0}");
        assertThat(verdict(plugin("{}"), "pods", "{spec: " + spec + "}", null)).isEmpty();
        assertThat(used("q")).isEqualTo(Map.of("pods", counted ? "1" : "0"));
    }

    @Test
    void claimsCountTheirClassAndGrowByTheDifference() {
        String ofClass = "fast.storageclass.storage.k8s.io/requests.storage";
        quota(
                "q",
                "{}",
                "{requests.storage: 10Gi, " + ofClass + ": 5Gi, persistentvolumeclaims: 3}",
                "{requests.storage: 1Gi, " + ofClass + ": 1Gi, persistentvolumeclaims: 1}");
        String claim = "{metadata: {resourceVersion: '1'}, spec: {storageClassName: fast,"
                + " resources: {requests: {storage: %s}}}}";
        var plugin = plugin("{}");
        assertThat(verdict(plugin, "persistentvolumeclaims", claim.formatted("3Gi"), claim.formatted("1Gi")))
                .isEmpty();
        assertThat(used("q"))
                .isEqualTo(Map.of("requests.storage", "3Gi", ofClass, "3Gi", "persistentvolumeclaims", "1"));
        assertThat(verdict(plugin, "persistentvolumeclaims", claim.formatted("3Gi"), null))
                .isEqualTo("exceeded quota: q, requested: " + ofClass + "=3Gi, used: " + ofClass + "=3Gi, limited: "
                        + ofClass + "=5Gi");
        // What shrinks is counted by the controller.
        assertThat(verdict(plugin, "persistentvolumeclaims", claim.formatted("1Gi"), claim.formatted("3Gi")))
                .isEmpty();
        assertThat(used("q")).containsEntry("requests.storage", "3Gi");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "services|{spec: {type: NodePort, ports: [{port: 1}, {port: 2}]}}"
                        + "|services=1 services.nodeports=2 services.loadbalancers=0",
                "services|{spec: {type: LoadBalancer, ports: [{port: 1}]}}"
                        + "|services=1 services.nodeports=1 services.loadbalancers=1",
                "services|{spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 1}]}}"
                        + "|services=1 services.nodeports=0 services.loadbalancers=1",
                "deployments|{}|count/deployments.apps=1",
                "secrets|{}|secrets=1 count/secrets=1"
            })
    void otherObjectsAreCounted(String plural, String object, String expected) {
        var hard = new ArrayList<String>();
        var used = new ArrayList<String>();
        for (String part : expected.split(" ")) {
            hard.add(part.split("=")[0] + ": 9");
            used.add(part.split("=")[0] + ": 0");
        }
        quota("q", "{}", "{" + String.join(", ", hard) + "}", "{" + String.join(", ", used) + "}");
        assertThat(verdict(plugin("{}"), plural, object, null)).isEmpty();
        for (String part : expected.split(" ")) {
            assertThat(used("q")).containsEntry(part.split("=")[0], part.split("=")[1]);
        }
    }

    @Test
    void aQuotaWhoseUsageNobodyHasCountedRefuses() {
        quota("q", "{}", "{secrets: 1}", "{}");
        assertThat(verdict(plugin("{}"), "secrets", "{}", null))
                .isEqualTo("status unknown for quota: q, resources: secrets");
        assertThat(verdict(plugin("{}"), "configmaps", "{}", null)).isEmpty();
    }

    @Test
    void whatIsLimitedByConfigurationNeedsAQuota() {
        var plugin = plugin("{limitedResources: [{resource: persistentvolumeclaims,"
                + " matchContains: [.storageclass.storage.k8s.io/requests.storage]}]}");
        String claim = "{spec: {storageClassName: fast, resources: {requests: {storage: 1Gi}}}}";
        assertThat(verdict(plugin, "persistentvolumeclaims", claim, null))
                .isEqualTo("insufficient quota to consume: fast.storageclass.storage.k8s.io/requests.storage");
        quota(
                "q",
                "{}",
                "{fast.storageclass.storage.k8s.io/requests.storage: 1Gi}",
                "{fast.storageclass.storage.k8s.io/requests.storage: 0}");
        assertThat(verdict(plugin, "persistentvolumeclaims", claim, null)).isEmpty();
    }

    @Test
    void racesOfTwoServersLetNoMoreThroughThanAllowed() throws InterruptedException, ExecutionException {
        quota("q", "{}", "{secrets: 20}", "{secrets: 0}");
        List<ResourceQuota> servers = List.of(plugin("{}"), plugin("{}"));
        List<Future<String>> verdicts = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 40; i++) {
                ResourceQuota server = servers.get(i % 2);
                verdicts.add(threads.submit(() -> {
                    String verdict = verdict(server, "secrets", "{}", null);
                    // A server that loses too many races in a row says so; clients try again.
                    while (verdict.contains("has been modified")) {
                        verdict = verdict(server, "secrets", "{}", null);
                    }
                    return verdict;
                }));
            }
        }
        int allowed = 0;
        for (Future<String> verdict : verdicts) {
            allowed += verdict.get().isEmpty() ? 1 : 0;
        }
        assertThat(allowed).isEqualTo(20);
        assertThat(used("q")).isEqualTo(Map.of("secrets", "20"));
    }

    @Test
    void aPodThatHasEndedUsesItsNameOnly() {
        var evaluator = new PodEvaluator(Clock.systemUTC());
        assertThat(evaluator.usage(ClusterFixture.object("{status: {phase: Failed}}")))
                .isEqualTo(Map.of("count/pods", Quantity.of(1)));
    }
}
