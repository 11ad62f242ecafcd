package io.jubernetes.kubelet.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageReferenceTest {
    @ParameterizedTest
    @CsvSource({
        "nginx, true, true, docker.io",
        "nginx:1.2, true, false, docker.io",
        "library/nginx:latest, true, true, docker.io",
        "localhost:5000/a/b, true, true, localhost:5000",
        "reg.example.com/a_b/c-d:v1.0, true, false, reg.example.com",
        "reg.example.com/a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef, true, false, reg.example.com",
        "Nginx, false, true, docker.io",
        "a b, false, true, docker.io",
        "nginx:, false, false, docker.io",
        "'', false, true, docker.io",
    })
    void readsNames(String image, boolean valid, boolean latest, String registry) {
        assertThat(ImageReference.complaint(image).isEmpty()).isEqualTo(valid);
        assertThat(ImageReference.isLatest(image)).isEqualTo(latest);
        assertThat(ImageReference.registry(image)).isEqualTo(registry);
    }

    @ParameterizedTest
    @CsvSource({
        "https://index.docker.io/v1/, nginx, true",
        "reg.example.com, reg.example.com/a:1, true",
        "reg.example.com/team, reg.example.com/team/a:1, true",
        "reg.example.com/team, reg.example.com/other/a:1, false",
        "*.example.com, reg.example.com/a, true",
        "*.example.com, a.b.example.com/x, false",
        "*.dkr.ecr.*.amazonaws.com, 1.dkr.ecr.eu.amazonaws.com/x:1, true",
        "reg-*.example.com:5000, reg-a.example.com:5000/x, true",
        "reg-*.example.com, reg-a.example.com:5000/x, false",
        "other.com, reg.example.com/a, false",
    })
    void credentialsFitRegistries(String server, String image, boolean fits) {
        assertThat(RegistryPattern.matches(server, image)).isEqualTo(fits);
    }

    @Test
    void readsPullSecrets() {
        String config = "{\"auths\":{\"reg.example.com\":{\"auth\":\"" + base64("user:pass:word") + "\"}}}";
        var secret = new SecretBuilder()
                .withData(Map.of(".dockerconfigjson", base64(config)))
                .build();
        var found = PullSecrets.matching(secret, "reg.example.com/a");
        assertThat(found).hasSize(1);
        assertThat(found.getFirst().username()).isEqualTo("user");
        assertThat(found.getFirst().password()).isEqualTo("pass:word");
        assertThat(found.getFirst().toString()).doesNotContain("pass");
        assertThat(PullSecrets.matching(
                        new SecretBuilder()
                                .withData(Map.of(".dockerconfigjson", "!"))
                                .build(),
                        "x"))
                .isEmpty();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
