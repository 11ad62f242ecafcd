package io.jubernetes.common.pki;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A JSON Web Signature with a shared secret, detached: the content is left out between the two dots. So bootstrap
/// tokens sign the ConfigMap `kube-public/cluster-info`. Pure.
public final class SharedSecretSignature {
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private SharedSecretSignature() {}

    /// Signs a text.
    ///
    /// @param id names the secret in the signature's header
    public static String of(String content, String id, String secret) {
        String header = encode("{\"alg\":\"HS256\",\"kid\":\"" + id + "\"}");
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            byte[] signature = mac.doFinal((header + "." + encode(content)).getBytes(StandardCharsets.UTF_8));
            return header + ".." + ENCODER.encodeToString(signature);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String encode(String text) {
        return ENCODER.encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
