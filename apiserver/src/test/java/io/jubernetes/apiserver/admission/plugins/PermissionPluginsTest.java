package io.jubernetes.apiserver.admission.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.authz.RbacAuthorizer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Writes that take a permission beside the one to write.
class PermissionPluginsTest extends PluginTest {
    private static final String RBAC = "rbac.authorization.k8s.io/v1";
    private static final String SIGNER = "example.com/good";

    private RbacAuthorizer rbac;

    @BeforeEach
    void roles() {
        role("reader", "{apiGroups: [''], resources: [pods], verbs: [get, list]}");
        role(
                "signers",
                "{apiGroups: [certificates.k8s.io], resources: [signers]," + " resourceNames: [" + SIGNER
                        + "], verbs: [approve, sign, attest]}");
        cluster.bind("", "all", "ClusterRole", "reader", "{kind: User, name: jane}");
        cluster.bind("", "sign", "ClusterRole", "signers", "{kind: User, name: jane}");
        cluster.settle();
        rbac = new RbacAuthorizer(
                cluster.cache(RBAC, "roles"),
                cluster.cache(RBAC, "clusterroles"),
                cluster.cache(RBAC, "rolebindings"),
                cluster.cache(RBAC, "clusterrolebindings"));
    }

    private void role(String name, String rule) {
        cluster.put(RBAC, "clusterroles", "", name, "{rules: [" + rule + "]}");
    }

    private String escalation(String plural, String body) {
        return verdict(new RoleEscalation(rbac, rbac), cluster.write(JANE, RBAC, plural, "a/x", object(body), null));
    }

    @Test
    void nobodyGrantsWhatTheyDoNotHold() {
        assertThat(escalation("roles", "{rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]}"))
                .isEmpty();
        assertThat(escalation("roles", "{rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]}"))
                .contains("user \"jane\"", "is attempting to grant RBAC permissions not currently held:", "secrets");
        assertThat(escalation("rolebindings", "{roleRef: {kind: ClusterRole, name: reader}}"))
                .isEmpty();
        role("admin", "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}");
        cluster.settle();
        assertThat(escalation("rolebindings", "{roleRef: {kind: ClusterRole, name: admin}}"))
                .contains("not currently held");
        role(
                "binder",
                "{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], resourceNames: [admin],"
                        + " verbs: [bind]}");
        cluster.bind("", "bind", "ClusterRole", "binder", "{kind: User, name: jane}");
        cluster.settle();
        assertThat(escalation("rolebindings", "{roleRef: {kind: ClusterRole, name: admin}}"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "example.com/good, ''",
        "example.com/bad, user not permitted to approve requests with signerName \"\"example.com/bad\"\""
    })
    void approvingTakesAPermissionOnTheSigner(String signer, String refusal) {
        ObjectNode csr = object("{metadata: {name: x}, spec: {signerName: " + signer + "}}");
        var request = cluster.write(
                JANE, "certificates.k8s.io/v1", "certificatesigningrequests", "/x/approval", csr, csr.deepCopy());
        assertThat(verdict(SignerPermissions.approval(rbac), request))
                .isEqualTo(
                        refusal.isEmpty()
                                ? ""
                                : "certificatesigningrequests.certificates.k8s.io \"x\" is forbidden: "
                                        + refusal.replace("\"\"", "\""));
    }

    @Test
    void signingMattersOnlyWhenTheStatusChanges() {
        ObjectNode old = object("{metadata: {name: x}, spec: {signerName: example.com/bad}}");
        ObjectNode issued =
                object("{metadata: {name: x}, spec: {signerName: example.com/bad}, status: {certificate: eA==}}");
        var plugin = SignerPermissions.signing(rbac);
        String plural = "certificatesigningrequests";
        assertThat(verdict(
                        plugin,
                        cluster.write(JANE, "certificates.k8s.io/v1", plural, "/x/status", old.deepCopy(), old)))
                .isEmpty();
        assertThat(verdict(plugin, cluster.write(JANE, "certificates.k8s.io/v1", plural, "/x/status", issued, old)))
                .contains("user not permitted to sign requests with signerName");
    }

    @Test
    void anUpdateThatCreatesNeedsBothPermissions() {
        var create = cluster.write(JANE, "v1", "pods", "a/x", object("{}"), null);
        assertThat(verdict(new CreationByUpdate(rbac), create)).isEmpty();
        var info = io.jubernetes.apiserver.request.RequestInfo.of(
                "PUT", "/api/v1/namespaces/a/pods/x", java.util.Map.of());
        var byUpdate = new io.jubernetes.apiserver.admission.AdmissionRequest(
                new io.jubernetes.apiserver.request.RequestContext(
                        info, JANE, "", create.context().deadline()),
                create.resource(),
                create.operation(),
                "a",
                "x",
                "",
                object("{}"),
                null,
                false,
                object("{}"));
        assertThat(verdict(new CreationByUpdate(rbac), byUpdate)).contains("cannot create resource \"pods\"");
        assertThat(verdict(
                        new CreationByUpdate(_ -> new io.jubernetes.apiserver.authz.Authorizer.Decision(
                                io.jubernetes.apiserver.authz.Authorizer.Verdict.ALLOW, "")),
                        byUpdate))
                .isEmpty();
    }
}
