package io.jubernetes.controllermanager.csr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SigningRulesTest {
    private static final String NODE = "O=system:nodes,CN=system:node:n1";

    private static CertificateSigningRequest csr(String subject, boolean withHost, boolean foreignKey)
            throws Exception {
        KeyPair own = CertificateAuthority.newKeyPair();
        KeyPair signing = foreignKey ? CertificateAuthority.newKeyPair() : own;
        var builder = new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), own.getPublic());
        if (withHost) {
            var extensions = new ExtensionsGenerator();
            extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
                new GeneralName(GeneralName.dNSName, "n1.example"), new GeneralName(GeneralName.iPAddress, "10.0.0.7")
            }));
            builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
        }
        String pem =
                Pem.text(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signing.getPrivate())));
        return new CertificateSigningRequestBuilder()
                .withNewSpec()
                .withRequest(Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8)))
                .endSpec()
                .build();
    }

    record Case(String name, String signer, String subject, boolean host, List<String> usages, boolean signed) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        List<String> client = List.of("digital signature", "client auth");
        List<String> server = List.of("key encipherment", "digital signature", "server auth");
        return Stream.of(
                new Case("a node's client", SigningRules.KUBELET_CLIENT, NODE, false, client, true),
                new Case("with a host", SigningRules.KUBELET_CLIENT, NODE, true, client, false),
                new Case(
                        "not of the nodes",
                        SigningRules.KUBELET_CLIENT,
                        "O=devs,CN=system:node:n1",
                        false,
                        client,
                        false),
                new Case("not a node", SigningRules.KUBELET_CLIENT, "O=system:nodes,CN=jane", false, client, false),
                new Case("for a server too", SigningRules.KUBELET_CLIENT, NODE, false, server, false),
                new Case("a node's server", SigningRules.KUBELET_SERVING, NODE, true, server, true),
                new Case("a server without a host", SigningRules.KUBELET_SERVING, NODE, false, server, false),
                new Case("a user", SigningRules.CLIENT, "O=devs,CN=jane", false, List.of("client auth"), true),
                new Case("a user's server", SigningRules.CLIENT, "O=devs,CN=jane", false, server, false));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void signs(Case c) throws Exception {
        ParsedRequest request = ParsedRequest.of(csr(c.subject(), c.host(), false));
        assertThat(SigningRules.objection(c.signer(), request, c.usages()).isEmpty())
                .isEqualTo(c.signed());
    }

    @Test
    void readsHostsAndAddresses() throws Exception {
        ParsedRequest request = ParsedRequest.of(csr(NODE, true, false));
        assertThat(request.dnsNames()).containsExactly("n1.example");
        assertThat(request.ipAddresses()).containsExactly("10.0.0.7");
        assertThat(request.organizations()).containsExactly("system:nodes");
    }

    @Test
    void refusesARequestSignedWithAnotherKey() throws Exception {
        CertificateSigningRequest csr = csr(NODE, false, true);
        assertThatThrownBy(() -> ParsedRequest.of(csr)).isInstanceOf(IOException.class);
    }
}
