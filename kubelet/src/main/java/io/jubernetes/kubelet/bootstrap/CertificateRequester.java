package io.jubernetes.kubelet.bootstrap;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// Asks the cluster for a certificate and waits until somebody has approved the request.
final class CertificateRequester {
    static final String CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet";
    static final String SERVING_SIGNER = "kubernetes.io/kubelet-serving";

    private final KubernetesClient client;

    CertificateRequester(KubernetesClient client) {
        this.client = client;
    }

    /// What is wanted.
    ///
    /// @param names DNS names and addresses of a server; empty for a client
    record Wish(String signer, String nodeName, List<String> names) {
        static Wish client(String nodeName) {
            return new Wish(CLIENT_SIGNER, nodeName, List.of());
        }

        static Wish serving(String nodeName, List<String> names) {
            return new Wish(SERVING_SIGNER, nodeName, names);
        }

        List<String> usages() {
            return List.of("digital signature", signer.equals(CLIENT_SIGNER) ? "client auth" : "server auth");
        }
    }

    /// Makes a key, asks for its certificate, and returns both as PEM text.
    ///
    /// @throws IOException when the request is denied, fails, or nobody decides by the deadline
    String request(Wish wish, Deadline deadline) throws IOException, InterruptedException {
        KeyPair pair = CertificateAuthority.newKeyPair();
        var body = new CertificateSigningRequestBuilder()
                .withNewMetadata()
                .withGenerateName("csr-")
                .endMetadata()
                .withNewSpec()
                .withSignerName(wish.signer())
                .withUsages(wish.usages())
                .withRequest(Base64.getEncoder().encodeToString(pem(wish, pair).getBytes(StandardCharsets.US_ASCII)))
                .endSpec()
                .build();
        try {
            var requests = client.certificates().v1().certificateSigningRequests();
            String name = requests.resource(body).create().getMetadata().getName();
            CertificateSigningRequest decided = requests.withName(name)
                    .waitUntilCondition(
                            CertificateRequester::isDecided,
                            deadline.remaining().toMillis(),
                            TimeUnit.MILLISECONDS);
            String certificate = decided.getStatus().getCertificate();
            if (certificate == null || certificate.isEmpty()) {
                throw new IOException("certificate request " + name + " was turned down: "
                        + decided.getStatus().getConditions().stream()
                                .map(condition -> condition.getReason() + ": " + condition.getMessage())
                                .toList());
            }
            return new String(Base64.getMimeDecoder().decode(certificate), StandardCharsets.US_ASCII)
                    + Pem.text(pair.getPrivate());
        } catch (KubernetesClientException e) {
            throw new IOException("cannot get a certificate: " + e.getMessage(), e);
        }
    }

    private static boolean isDecided(CertificateSigningRequest request) {
        if (request == null || request.getStatus() == null) {
            return false;
        }
        String certificate = request.getStatus().getCertificate();
        return certificate != null && !certificate.isEmpty()
                || request.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Denied")
                                || condition.getType().equals("Failed"));
    }

    private static String pem(Wish wish, KeyPair pair) throws IOException {
        var subject = new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.O, "system:nodes")
                .addRDN(BCStyle.CN, "system:node:" + wish.nodeName())
                .build();
        try {
            var builder = new JcaPKCS10CertificationRequestBuilder(subject, pair.getPublic());
            if (!wish.names().isEmpty()) {
                var names = new ArrayList<GeneralName>();
                for (String name : wish.names()) {
                    boolean address = name.contains(":") || name.matches("[0-9.]+");
                    names.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, name));
                }
                var extensions = new ExtensionsGenerator();
                extensions.addExtension(
                        Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
                builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
            }
            return Pem.text(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
        } catch (OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }
}
