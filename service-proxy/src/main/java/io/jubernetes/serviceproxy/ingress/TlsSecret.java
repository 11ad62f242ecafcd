package io.jubernetes.serviceproxy.ingress;

import io.fabric8.kubernetes.api.model.Secret;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// Reads certificates from Secrets and checks them: one that HAProxy would not take keeps all others from being served.
final class TlsSecret {
    /// A Secret is not what it should be; the message says why.
    static final class Unusable extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message);
        }
    }

    private TlsSecret() {}

    /// The certificates and their key, one text.
    static String pem(Secret secret) throws Unusable {
        String chain = entry(secret, "tls.crt");
        String key = entry(secret, "tls.key");
        try {
            List<X509Certificate> certificates = Pem.certificates(chain);
            if (certificates.isEmpty()) {
                throw new Unusable("tls.crt holds no certificate");
            }
            if (!belong(Pem.privateKey(key), certificates.getFirst().getPublicKey())) {
                throw new Unusable("tls.key is not the key of the certificate");
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new Unusable(String.valueOf(e.getMessage()));
        }
        return chain.strip() + "\n" + key.strip() + "\n";
    }

    private static String entry(Secret secret, String name) throws Unusable {
        Map<String, String> data = secret.getData();
        String encoded = data == null ? null : data.get(name);
        if (encoded == null || encoded.isEmpty()) {
            throw new Unusable("it has no " + name);
        }
        try {
            return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            throw new Unusable(name + " is not base64");
        }
    }

    private static boolean belong(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC", "ECDSA" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        byte[] text = {1, 2, 3};
        Signature signer = Signature.getInstance(algorithm);
        signer.initSign(key);
        signer.update(text);
        Signature verifier = Signature.getInstance(algorithm);
        verifier.initVerify(certified);
        verifier.update(text);
        return verifier.verify(signer.sign());
    }
}
