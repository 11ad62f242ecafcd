package io.jubernetes.common.pki;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PemTest {
    /// Programs in other languages take a key file for a pair and use its public half.
    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
    void keyFilesHoldThePublicKeyToo(String curve) throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        KeyPair pair = generator.generateKeyPair();
        String pem = Pem.text(pair.getPrivate());
        assertThat(pem).startsWith("-----BEGIN EC PRIVATE KEY-----");
        assertThat(((ECPrivateKey) Pem.privateKey(pem)).getS()).isEqualTo(((ECPrivateKey) pair.getPrivate()).getS());
        assertThat(Pem.publicKeys(pem)).containsExactly(pair.getPublic());
    }
}
