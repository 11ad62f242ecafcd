package io.jubernetes.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.systemtests.ClientPrograms;
import io.jubernetes.systemtests.Kubectl;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.Machine;
import io.jubernetes.systemtests.SharedCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What else people do with kubectl: rights, tokens, certificates, files, debugging, explaining, comparing, nodes.
@ExtendWith(SharedCluster.class)
class KubectlCommandsTest {
    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata:
              name: site
              labels: {app: site}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
                - name: site
                  image: IMAGE
                  command: [busybox, httpd, -f, -p, "8080", -h, /srv]
            """.replace("IMAGE", LocalCluster.IMAGE);

    private static final String SETTINGS = """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: settings
            data:
              colour: red
            """;

    @TempDir
    Path temp;

    private static Kubectl kubectl(LocalCluster cluster) {
        return new Kubectl(ClientPrograms.kubectl(), cluster.kubeconfig(), cluster.newNamespace("command"));
    }

    /// A kubectl that knows where the cluster is and nothing of its administrator.
    private Kubectl stranger(Kubectl kubectl) throws Exception {
        Path kubeconfig = temp.resolve("stranger.kubeconfig");
        Files.writeString(
                kubeconfig,
                kubectl.ok(
                                "config view --raw --minify -o"
                                        + " jsonpath={.clusters[0].cluster.server}={.clusters[0].cluster.certificate-authority-data}")
                        .replaceFirst("(.*?)=(.*)", """
                                apiVersion: v1
                                kind: Config
                                clusters: [{name: it, cluster: {server: "$1", certificate-authority-data: "$2"}}]
                                contexts: [{name: it, context: {cluster: it}}]
                                current-context: it
                                """));
        return new Kubectl(kubectl.program(), kubeconfig, kubectl.namespace());
    }

    @Test
    void rightsAreListed(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        String reader = "--as system:serviceaccount:" + kubectl.namespace() + ":default";
        assertThat(kubectl.run("auth can-i get pods " + reader).output()).startsWith("no");
        kubectl.ok("create role reader --verb=get,list --resource=pods,deployments.apps --resource-name=site");
        kubectl.ok("create rolebinding reader --role=reader --serviceaccount=" + kubectl.namespace() + ":default");
        LocalCluster.await("the role to count")
                .untilAsserted(() -> assertThat(kubectl.run("auth can-i get pods/site " + reader)
                                .output())
                        .startsWith("yes"));
        assertThat(kubectl.ok("auth can-i --list " + reader))
                .containsPattern("pods +\\[\\] +\\[site\\] +\\[get list\\]")
                .containsPattern("deployments.apps +\\[\\] +\\[site\\] +\\[get list\\]")
                .containsPattern("selfsubjectreviews.authentication.k8s.io +\\[\\] +\\[\\] +\\[create\\]")
                .containsPattern(" +\\[/healthz\\] +\\[\\] +\\[get\\]");
        Machine.Ran refused = kubectl.run("delete pod site " + reader);
        assertThat(refused.errors())
                .contains("Error from server (Forbidden): pods \"site\" is forbidden: User \"system:serviceaccount:"
                        + kubectl.namespace()
                        + ":default\" cannot delete resource \"pods\" in API group \"\" in the namespace");
        assertThat(kubectl.ok("auth can-i --list").lines().filter(line -> line.contains("[*]")))
                .as("the administrator's two lines: all resources, all paths")
                .hasSize(2);
        cluster.forget(kubectl.namespace());
    }

    @Test
    void tokensWork(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok("create serviceaccount robot");
        String token = kubectl.ok("create token robot --duration=20m").strip();
        Kubectl stranger = stranger(kubectl);
        assertThat(stranger.ok("auth whoami --token " + token))
                .containsPattern("Username +system:serviceaccount:" + kubectl.namespace() + ":robot")
                .containsPattern("system:serviceaccounts:" + kubectl.namespace());
        assertThat(stranger.run("auth whoami --token " + token + "x").errors()).contains("You must be logged in");
        kubectl.ok("delete serviceaccount robot");
        LocalCluster.await("the token to end with its account")
                .untilAsserted(() -> assertThat(
                                stranger.run("auth whoami --token " + token).errors())
                        .contains("You must be logged in"));
        cluster.forget(kubectl.namespace());
    }

    @Test
    void certificatesAreApproved(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        KeyPair pair = CertificateAuthority.newKeyPair();
        var request = new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=visitor,O=guests"), pair.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
        String manifest = """
                apiVersion: certificates.k8s.io/v1
                kind: CertificateSigningRequest
                metadata:
                  name: NAME
                spec:
                  request: REQUEST
                  signerName: kubernetes.io/kube-apiserver-client
                  expirationSeconds: 3600
                  usages: [client auth]
                """.replace(
                "REQUEST", Base64.getEncoder().encodeToString(Pem.text(request).getBytes(StandardCharsets.US_ASCII)));
        kubectl.ok(manifest.replace("NAME", "visitor"), "create -f -");
        assertThat(kubectl.ok("get csr visitor --no-headers")).contains("kubernetes-admin", "60m", "Pending");
        kubectl.ok("certificate approve visitor");
        kubectl.ok("wait csr/visitor --for=jsonpath={.status.certificate} --timeout=30s");
        assertThat(kubectl.ok("get csr visitor --no-headers")).contains("Approved,Issued");

        Path certificate = temp.resolve("visitor.crt");
        Path key = temp.resolve("visitor.key");
        Files.write(
                certificate,
                Base64.getDecoder().decode(kubectl.ok("get csr visitor -o jsonpath={.status.certificate}")));
        Files.writeString(key, Pem.text(pair.getPrivate()));
        assertThat(stranger(kubectl).ok("auth whoami --client-certificate " + certificate + " --client-key " + key))
                .containsPattern("Username +visitor")
                .contains("guests");

        kubectl.ok(manifest.replace("NAME", "uninvited"), "create -f -");
        kubectl.ok("certificate deny uninvited");
        assertThat(kubectl.ok("get csr uninvited --no-headers")).contains("Denied");
        kubectl.ok("delete csr visitor uninvited");
        cluster.forget(kubectl.namespace());
    }

    @Test
    void filesAreCopied(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(POD, "apply -f -");
        cluster.awaitReady(kubectl.namespace(), "site");
        Path folder = Files.createDirectories(temp.resolve("there/deep"));
        byte[] large = new byte[3_000_000];
        new java.util.Random(42).nextBytes(large);
        Files.write(folder.resolve("large.bin"), large);
        Files.writeString(folder.resolve("page.html"), "copied");
        kubectl.ok("cp " + temp.resolve("there") + " site:/srv/there");
        assertThat(kubectl.ok("exec site -- cat /srv/there/deep/page.html")).isEqualTo("copied");
        kubectl.ok("cp site:srv/there " + temp.resolve("back"));
        assertThat(temp.resolve("back/deep/large.bin")).hasBinaryContent(large);
        cluster.forget(kubectl.namespace());
    }

    @Test
    void podsAreDebugged(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(POD, "apply -f -");
        cluster.awaitReady(kubectl.namespace(), "site");
        kubectl.ok("debug site -c look --image=" + LocalCluster.IMAGE + " --target=site --profile=general -- ps");
        LocalCluster.await("the debugger to see the process of its target")
                .untilAsserted(() ->
                        assertThat(kubectl.run("logs site -c look").output()).contains("busybox httpd -f -p 8080"));
        assertThat(kubectl.ok("describe pod site")).containsPattern("Ephemeral Containers:\\s+look:");
        kubectl.ok("debug site --copy-to=copy --container=site --profile=general -- sleep 1000");
        cluster.awaitReady(kubectl.namespace(), "copy");
        assertThat(kubectl.ok("exec copy -- ps")).contains("sleep 1000").doesNotContain("httpd");
        cluster.forget(kubectl.namespace());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    pod.spec.containers.ports          | FIELD: ports <\\[\\]ContainerPort>
                    deployment.spec.strategy --recursive | maxSurge\\s+<IntOrString>
                    deployment.spec.strategy.type      | ENUM:\\s+Recreate\\s+RollingUpdate
                    svc.spec.clusterIP                 | FIELD: clusterIP <string>
                    crd.spec.versions                  | -required-
                    hpa --api-version=autoscaling/v2   | VERSION:\\s+v2
                    """)
    void fieldsAreExplained(String what, String pattern, LocalCluster cluster) throws Exception {
        var kubectl = new Kubectl(ClientPrograms.kubectl(), cluster.kubeconfig(), "default");
        assertThat(kubectl.ok("explain " + what)).containsPattern(pattern);
    }

    @Test
    void manifestsAreValidatedByTheServer(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        String wrong = SETTINGS.replace("\ndata:", "\ndato: {a: b}\ndata:");
        assertThat(kubectl.run(wrong, List.of("create", "--validate=strict", "-f", "-"))
                        .errors())
                .contains("Error from server (BadRequest)", "strict decoding error: unknown field \"dato\"");
        assertThat(kubectl.run(wrong, List.of("apply", "--validate=warn", "-f", "-"))
                        .errors())
                .contains("Warning: unknown field \"dato\"");
        assertThat(kubectl.run(wrong, List.of("apply", "--validate=strict", "-f", "-"))
                        .errors())
                .contains("strict decoding error: unknown field \"dato\"");
        assertThat(kubectl.run(wrong, List.of("apply", "--validate=ignore", "-f", "-"))
                        .errors())
                .doesNotContain("dato");
        assertThat(kubectl.ok(SETTINGS.replace("settings", "other"), "apply --dry-run=server -f -"))
                .contains("configmap/other created (server dry run)");
        assertThat(kubectl.run("get configmap other").errors()).contains("NotFound");
        cluster.forget(kubectl.namespace());
    }

    @Test
    void manifestsAreCompared(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(SETTINGS, "apply -f -");
        assertThat(kubectl.run(SETTINGS, List.of("diff", "-f", "-")).code()).isZero();
        Machine.Ran different = kubectl.run(SETTINGS.replace("red", "blue"), List.of("diff", "-f", "-"));
        assertThat(different.code()).isOne();
        assertThat(different.output()).contains("-  colour: red", "+  colour: blue");
        Machine.Ran byServer = kubectl.run(
                SETTINGS.replace("red", "blue"), List.of("diff", "--server-side", "--force-conflicts", "-f", "-"));
        assertThat(byServer.code()).isOne();
        assertThat(byServer.output()).contains("-  colour: red", "+  colour: blue");
        assertThat(kubectl.ok("get configmap settings -o jsonpath={.data.colour}"))
                .isEqualTo("red");
        cluster.forget(kubectl.namespace());
    }

    @Test
    void serverSideApplyTakesOverFromClientSideApply(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(SETTINGS + "  size: small\n", "apply -f -");
        kubectl.ok(SETTINGS, "apply --server-side -f -");
        assertThat(kubectl.ok("get configmap settings -o jsonpath={.data}"))
                .as("what is no longer applied goes, as with the earlier way")
                .isEqualTo("{\"colour\":\"red\"}");
        assertThat(
                        kubectl.ok(
                                "get configmap settings --show-managed-fields -o jsonpath={.metadata.managedFields[*].manager}"))
                .contains("kubectl")
                .doesNotContain("kubectl-client-side-apply");
        cluster.forget(kubectl.namespace());
    }

    @Test
    void appliedSetsArePruned(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        String labelled = SETTINGS.replace("name: settings", "name: settings\n  labels: {set: it}");
        String both = labelled + "---\n" + labelled.replace("name: settings", "name: other");
        kubectl.ok(both, "apply -f - --prune -l set=it --prune-allowlist core/v1/ConfigMap");
        assertThat(kubectl.ok(labelled, "apply -f - --prune -l set=it --prune-allowlist core/v1/ConfigMap"))
                .contains("configmap/settings unchanged", "configmap/other pruned");
        cluster.forget(kubectl.namespace());
    }

    @Test
    void nodesAreDrained(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(POD, "apply -f -");
        cluster.awaitReady(kubectl.namespace(), "site");
        kubectl.ok("create poddisruptionbudget site --selector=app=site --min-available=1");
        kubectl.ok("wait pdb/site --for=jsonpath={.status.currentHealthy}=1 --timeout=30s");
        String node = kubectl.ok("get nodes -o jsonpath={.items[0].metadata.name}");
        try {
            kubectl.ok("cordon " + node);
            assertThat(kubectl.ok("get node " + node)).contains("Ready,SchedulingDisabled");
            String drain = "drain " + node + " --force --ignore-daemonsets --pod-selector=app=site --timeout=";
            Machine.Ran refused = kubectl.run(drain + "2s");
            assertThat(refused.code()).isNotZero();
            assertThat(refused.errors()).contains("Cannot evict pod as it would violate the pod's disruption budget");
            kubectl.ok("delete pdb site");
            assertThat(kubectl.ok(drain + "30s")).contains("pod/site evicted", "node/" + node + " drained");
            kubectl.ok(POD, "apply -f -");
            LocalCluster.await("the scheduler's verdict")
                    .untilAsserted(() -> assertThat(kubectl.ok("describe pod site"))
                            .containsPattern(
                                    "Warning +FailedScheduling .* default-scheduler +0/1 nodes are available"));
        } finally {
            kubectl.ok("uncordon " + node);
        }
        cluster.awaitReady(kubectl.namespace(), "site");
        cluster.forget(kubectl.namespace());
    }

    @Test
    void waitsEnd(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok(POD, "apply -f -");
        kubectl.ok("wait pod/site --for=condition=Ready --timeout=60s");
        kubectl.ok("wait pod/site --for=jsonpath={.status.phase}=Running --timeout=10s");
        Machine.Ran vain = kubectl.run("wait pod/site --for=jsonpath={.status.phase}=Succeeded --timeout=1s");
        assertThat(vain.code()).isOne();
        assertThat(vain.errors()).contains("timed out waiting for the condition");
        kubectl.ok("delete pod site --wait=false");
        kubectl.ok("wait pod/site --for=delete --timeout=30s");
        assertThat(kubectl.run("get pod site").errors()).contains("NotFound");
        cluster.forget(kubectl.namespace());
    }

    @Test
    void autoscalersSayWhatTheyLack(LocalCluster cluster) throws Exception {
        Kubectl kubectl = kubectl(cluster);
        kubectl.ok("create deployment site --image=" + LocalCluster.IMAGE + " --replicas=1 -- sleep 1000");
        kubectl.ok("rollout status deployment/site --timeout=60s");
        kubectl.ok("autoscale deployment site --min=2 --max=3 --cpu=50%");
        kubectl.ok("wait deployment/site --for=jsonpath={.status.readyReplicas}=2 --timeout=60s");
        LocalCluster.await("the autoscaler's report")
                .untilAsserted(() -> assertThat(kubectl.ok("describe hpa site"))
                        .containsPattern("AbleToScale +True")
                        .containsPattern("ScalingActive +False +FailedGetResourceMetric")
                        .containsPattern("SuccessfulRescale .* New size: 2; reason: Current number of replicas below"
                                + " Spec.MinReplicas")
                        .contains("the server could not find the requested resource (get pods.metrics.k8s.io)"));
        cluster.forget(kubectl.namespace());
    }
}
