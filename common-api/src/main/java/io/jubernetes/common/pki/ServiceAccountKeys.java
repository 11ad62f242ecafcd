package io.jubernetes.common.pki;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;

/// The key pair that signs service account tokens. RSA, because relying parties of OpenID Connect need not know
/// anything else.
public final class ServiceAccountKeys {
    private static final int BITS = 2048;

    private ServiceAccountKeys() {}

    /// Makes the pair where one of its files is missing.
    ///
    /// @param key where the private key is; written with mode 0600
    public static void ensure(Path key, Path publicKey) throws IOException {
        if (Files.exists(key) && Files.exists(publicKey)) {
            return;
        }
        KeyPair pair = generate();
        Pem.writeSecret(key, Pem.text(pair.getPrivate()));
        Pem.writePublic(publicKey, Pem.text(pair.getPublic()));
    }

    private static KeyPair generate() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(BITS);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JVM offers no RSA keys", e);
        }
    }
}
