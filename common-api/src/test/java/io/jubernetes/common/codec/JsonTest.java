package io.jubernetes.common.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void typedObjectsMayHoldQuantities() {
        var template = Json.as(
                Json.parse(
                        "{\"spec\":{\"containers\":[{\"name\":\"a\",\"resources\":{\"requests\":{\"cpu\":\"1\"}}}]}}"),
                PodTemplateSpec.class);
        assertThat(template.getSpec()
                        .getContainers()
                        .getFirst()
                        .getResources()
                        .getRequests()
                        .get("cpu"))
                .hasToString("1");
    }

    @Test
    void whatFollowsAValueIsRefused() {
        assertThatThrownBy(() -> Json.read("{} {}".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("Trailing token");
    }
}
