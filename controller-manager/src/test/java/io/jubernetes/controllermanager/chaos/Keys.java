package io.jubernetes.controllermanager.chaos;

import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.util.Base64;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// Files with the keys that some controllers sign with.
///
/// @param authority a certificate, whose key is `signing`
record Keys(Path authority, Path signing) {
    static Keys in(Path folder) {
        try {
            Path certificate = folder.resolve("ca.crt");
            Path key = folder.resolve("ca.key");
            CertificateAuthority _ = CertificateAuthority.loadOrCreate(certificate, key, "test", Clock.systemUTC());
            return new Keys(certificate, key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A request for a client certificate.
    String request(String signer, String subject) {
        try {
            KeyPair keys = CertificateAuthority.newKeyPair();
            String pem = Pem.text(new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), keys.getPublic())
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
            return """
                    apiVersion: certificates.k8s.io/v1
                    kind: CertificateSigningRequest
                    metadata: {name: NAME-csr}
                    spec:
                      signerName: SIGNER
                      request: PEM
                      usages: [digital signature, client auth]
                    """.replace("SIGNER", signer)
                    .replace("PEM", Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8)));
        } catch (OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }
}
