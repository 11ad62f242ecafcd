package io.jubernetes.controllermanager.chaos;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicy;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestStatusBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.jubernetes.controllermanager.testing.Stage;
import java.time.Duration;
import java.util.List;

/// Accounts, tokens, certificates, roles and policies.
final class IdentityScenarios {
    private IdentityScenarios() {}

    static List<Scenario> all(Keys keys) {
        return List.of(
                Scenario.of("serviceaccount-controller", "v1/serviceaccounts", stage -> {
                    var account = stage.client()
                            .serviceAccounts()
                            .inNamespace(stage.name())
                            .withName("default");
                    stage.await("the account", () -> account.get() != null);
                    account.delete();
                    stage.await("the next one", () -> account.get() != null);
                }),
                Scenario.of("serviceaccount-token-controller", "v1/secrets", IdentityScenarios::accountToken)
                        .with("--service-account-private-key-file=" + keys.signing()),
                Scenario.of(
                        "legacy-serviceaccount-token-cleaner-controller", "v1/secrets", IdentityScenarios::oldToken),
                Scenario.of("root-ca-certificate-publisher-controller", "v1/configmaps", IdentityScenarios::authority)
                        .with("--root-ca-file=" + keys.authority()),
                Scenario.of(
                        "clusterrole-aggregation-controller",
                        "rbac.authorization.k8s.io/v1/clusterroles",
                        IdentityScenarios::roles),
                Scenario.of(
                                "certificatesigningrequest-signing-controller",
                                "certificates.k8s.io/v1/certificatesigningrequests",
                                stage -> {
                                    stage.create(keys.request("kubernetes.io/kube-apiserver-client", "CN=somebody"));
                                    approve(stage);
                                    stage.await("the certificate", () -> {
                                        String certificate =
                                                request(stage).get().getStatus().getCertificate();
                                        return certificate != null && !certificate.isEmpty();
                                    });
                                })
                        .with(
                                "--cluster-signing-cert-file=" + keys.authority(),
                                "--cluster-signing-key-file=" + keys.signing()),
                Scenario.of(
                        "certificatesigningrequest-approving-controller",
                        "certificates.k8s.io/v1/certificatesigningrequests",
                        stage -> {
                            stage.create(keys.request(
                                    "kubernetes.io/kube-apiserver-client-kubelet", "O=system:nodes,CN=system:node:n1"));
                            stage.await(
                                    "the approval",
                                    () -> !request(stage)
                                            .get()
                                            .getStatus()
                                            .getConditions()
                                            .isEmpty());
                        }),
                Scenario.of(
                        "certificatesigningrequest-cleaner-controller",
                        "certificates.k8s.io/v1/certificatesigningrequests",
                        stage -> {
                            stage.create(keys.request("kubernetes.io/kube-apiserver-client", "CN=somebody"));
                            stage.await("its end", () -> {
                                stage.clock().pass(Duration.ofHours(9));
                                return request(stage).get() == null;
                            });
                        }),
                Scenario.of("bootstrap-signer-controller", "v1/configmaps@kube-public", IdentityScenarios::clusterInfo),
                Scenario.of("token-cleaner-controller", "v1/secrets@kube-system", stage -> {
                    stage.createIn("kube-system", bootstrapToken(stage));
                    stage.clock().pass(Duration.ofDays(2));
                    stage.await(
                            "its end",
                            () -> stage.client().secrets().inNamespace("kube-system").list().getItems().stream()
                                    .noneMatch(secret -> "bootstrap.kubernetes.io/token".equals(secret.getType())));
                }),
                Scenario.of(
                        "validatingadmissionpolicy-status-controller",
                        "admissionregistration.k8s.io/v1/validatingadmissionpolicies",
                        IdentityScenarios::policy),
                Scenario.of(
                        "storageversion-garbage-collector-controller",
                        "internal.apiserver.k8s.io/v1alpha1/storageversions",
                        IdentityScenarios::storageVersions));
    }

    private static Resource<CertificateSigningRequest> request(Stage stage) {
        return stage.client().certificates().v1().certificateSigningRequests().withName(stage.name() + "-csr");
    }

    private static void approve(Stage stage) {
        CertificateSigningRequest it = request(stage).get();
        it.setStatus(new CertificateSigningRequestStatusBuilder()
                .addNewCondition()
                .withType("Approved")
                .withStatus("True")
                .withReason("Test")
                .endCondition()
                .build());
        stage.api()
                .put("/apis/certificates.k8s.io/v1/certificatesigningrequests/" + stage.name() + "-csr/approval", it);
    }

    private static final String TOKEN_SECRET = """
            apiVersion: v1
            kind: Secret
            type: kubernetes.io/service-account-token
            metadata:
              name: token
              annotations: {kubernetes.io/service-account.name: it}
            """;

    private static void accountToken(Stage stage) {
        stage.create(Manifests.bare("v1", "ServiceAccount", "it"));
        stage.create(TOKEN_SECRET);
        stage.create(TOKEN_SECRET.replace("name: token", "name: other"));
        stage.await(
                "the tokens",
                () -> stage.all(Secret.class).stream()
                        .allMatch(secret -> secret.getData().containsKey("token")));
        stage.client().resource(stage.all(ServiceAccount.class).getFirst()).delete();
        stage.await("the end of the tokens", () -> stage.all(Secret.class).isEmpty());
    }

    private static void oldToken(Stage stage) throws Exception {
        stage.createOnce("""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: kube-apiserver-legacy-service-account-token-tracking, namespace: kube-system}
                data: {since: "2023-01-01"}
                """);
        stage.create(Manifests.bare("v1", "ServiceAccount", "it") + "secrets: [{name: token}]\n");
        stage.create(TOKEN_SECRET);
        stage.create(TOKEN_SECRET.replace("name: token", "name: by-hand"));
        stage.restart();
        for (int years = 0; years < 2; years++) {
            int before = years;
            stage.clock().pass(Duration.ofDays(367));
            stage.await("the next step", () -> {
                stage.clock().pass(Duration.ofHours(25));
                var left = stage.all(Secret.class);
                return before == 0
                        ? left.stream()
                                .anyMatch(secret ->
                                        secret.getMetadata().getLabels().size() == 1)
                        : left.size() == 1;
            });
        }
    }

    private static void authority(Stage stage) {
        var map = stage.client().configMaps().inNamespace(stage.name()).withName("kube-root-ca.crt");
        stage.await("the authority", () -> map.get() != null);
        stage.patch(
                "/api/v1/namespaces/" + stage.name() + "/configmaps/kube-root-ca.crt",
                "[{\"op\":\"replace\",\"path\":\"/data/ca.crt\",\"value\":\"forged\"}]");
        stage.await("the repair", () -> !map.get().getData().get("ca.crt").equals("forged"));
    }

    private static void roles(Stage stage) {
        stage.create("""
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRole
                metadata: {name: NAME-all}
                aggregationRule: {clusterRoleSelectors: [{matchLabels: {part-of: "NAME"}}]}
                rules: []
                """);
        for (String resource : List.of("pods", "secrets", "services")) {
            stage.create("""
                    apiVersion: rbac.authorization.k8s.io/v1
                    kind: ClusterRole
                    metadata: {name: NAME-RESOURCE, labels: {part-of: "NAME"}}
                    rules: [{apiGroups: [""], resources: [RESOURCE], verbs: [get]}]
                    """.replace("RESOURCE", resource));
        }
        stage.await(
                "all rules",
                () -> stage.client()
                                .rbac()
                                .clusterRoles()
                                .withName(stage.name() + "-all")
                                .get()
                                .getRules()
                                .size()
                        == 3);
    }

    private static String bootstrapToken(Stage stage) {
        return """
                apiVersion: v1
                kind: Secret
                type: bootstrap.kubernetes.io/token
                metadata: {name: bootstrap-token-abcdef}
                stringData:
                  token-id: abcdef
                  token-secret: 0123456789abcdef
                  usage-bootstrap-signing: "true"
                  expiration: "TOMORROW"
                """.replace(
                "TOMORROW", stage.clock().instant().plus(Duration.ofDays(1)).toString());
    }

    private static void clusterInfo(Stage stage) {
        var map = stage.client().configMaps().inNamespace("kube-public").withName("cluster-info");
        map.delete();
        stage.client()
                .secrets()
                .inNamespace("kube-system")
                .withName("bootstrap-token-abcdef")
                .delete();
        stage.createIn("kube-public", """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: cluster-info}
                data: {kubeconfig: "where it is"}
                """);
        stage.createIn("kube-system", bootstrapToken(stage));
        stage.await("the signature", () -> isSigned(map.get()));
        stage.client()
                .secrets()
                .inNamespace("kube-system")
                .withName("bootstrap-token-abcdef")
                .delete();
        stage.await("no signature", () -> !isSigned(map.get()));
    }

    private static boolean isSigned(ConfigMap map) {
        return map.getData().containsKey("jws-kubeconfig-abcdef");
    }

    private static void policy(Stage stage) {
        stage.create("""
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingAdmissionPolicy
                metadata: {name: "NAME"}
                spec:
                  matchConstraints:
                    resourceRules:
                      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
                  validations: [{expression: "object.spec.replicaz < 5"}]
                """);
        stage.await("what does not fit", () -> {
            ValidatingAdmissionPolicy it = stage.client()
                    .resources(ValidatingAdmissionPolicy.class)
                    .withName(stage.name())
                    .get();
            return !it.getStatus().getTypeChecking().getExpressionWarnings().isEmpty();
        });
    }

    private static void storageVersions(Stage stage) {
        stage.createOnce(Manifests.STORAGE_VERSIONS);
        stage.createOnce(Manifests.STORAGE_VERSION_ROLE);
        stage.createOnce(Manifests.STORAGE_VERSION_BINDING);
        for (String server : List.of("stays", "goes")) {
            stage.createIn("kube-system", """
                    apiVersion: coordination.k8s.io/v1
                    kind: Lease
                    metadata: {name: NAME-SERVER, labels: {apiserver.kubernetes.io/identity: kube-apiserver}}
                    """.replace("SERVER", server));
        }
        String path = "/apis/internal.apiserver.k8s.io/v1alpha1/storageversions";
        String reports = """
                {"status":{"storageVersions":[
                  {"apiServerID":"NAME-goes","encodingVersion":"v1","decodableVersions":["v1"]}]}}""";
        for (String version : List.of("NAME-all", "NAME-some")) {
            stage.createCustom(path, Manifests.bare("internal.apiserver.k8s.io/v1alpha1", "StorageVersion", version));
        }
        stage.patchStatus(path + "/NAME-all", reports);
        stage.patchStatus(path + "/NAME-some", reports.replace("]}]", """
                ]},{"apiServerID":"NAME-stays","encodingVersion":"v2","decodableVersions":["v1","v2"]}]"""));
        stage.delete(
                "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/" + stage.name() + "-goes", "Background");
        stage.await("only what is left", () -> {
            stage.clock().pass(Duration.ofMinutes(10));
            return stage.api().get(path).path("items").size() <= 2
                    && stage.api()
                                    .get(path + "/" + stage.name() + "-some")
                                    .at("/status/storageVersions")
                                    .size()
                            == 1;
        });
    }
}
