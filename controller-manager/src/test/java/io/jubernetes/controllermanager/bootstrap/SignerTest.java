package io.jubernetes.controllermanager.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.util.Base64URL;
import io.fabric8.kubernetes.api.model.Secret;
import io.jubernetes.common.pki.SharedSecretSignature;
import io.jubernetes.controllermanager.testing.Written;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignerTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static BootstrapToken token(String id, String expiration, String signing) {
        return BootstrapToken.of(Written.as(
                Secret.class,
                "{metadata: {name: bootstrap-token-%s}, data: {token-id: %s, token-secret: %s, expiration: '%s',"
                                .formatted(id, base64(id), base64("0123456789abcdef"), base64(expiration))
                        + " usage-bootstrap-signing: " + base64(signing) + "}}"));
    }

    @Test
    void theSignatureIsADetachedJws() throws Exception {
        String signature = SharedSecretSignature.of("content", "abcdef", "0123456789abcdef");
        String[] parts = signature.split("\\.", -1);
        assertThat(parts).hasSize(3);
        assertThat(parts[1]).isEmpty();
        var jws = new JWSObject(new Base64URL(parts[0]), new Payload("content"), new Base64URL(parts[2]));
        // The library wants long secrets; what is compared is the same.
        byte[] padded = Arrays.copyOf("0123456789abcdef".getBytes(StandardCharsets.UTF_8), 64);
        assertThat(jws.verify(new MACVerifier(padded))).isTrue();
        assertThat(jws.getHeader().getKeyID()).isEqualTo("abcdef");
    }

    @Test
    void tokensThatMaySignDo() {
        var tokens = List.of(
                token("aaaaaa", "", "true"),
                token("bbbbbb", "2025-12-31T00:00:00Z", "true"),
                token("cccccc", "", "false"));
        Map<String, String> data =
                SignerController.signed(Map.of("kubeconfig", "k", "jws-kubeconfig-old", "x"), tokens, NOW);
        assertThat(data).containsOnlyKeys("kubeconfig", "jws-kubeconfig-aaaaaa");
        assertThat(SignerController.signed(data, tokens, NOW)).isEqualTo(data);
        assertThat(SignerController.signed(Map.of("other", "k"), tokens, NOW)).containsOnlyKeys("other");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "'', false",
        "2026-01-01T00:00:01Z, false",
        "2026-01-01T00:00:00Z, true",
        "2026-01-01T01:00:00+02:00, true",
        "tomorrow, true",
    })
    void tokensEnd(String expiration, boolean over) {
        assertThat(token("aaaaaa", expiration, "true").isOver(NOW)).isEqualTo(over);
    }
}
