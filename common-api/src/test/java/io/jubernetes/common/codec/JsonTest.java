package io.jubernetes.common.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.client.KubernetesClients;
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

    @Test
    void listsThatAreNullAreEmpty() {
        String slice =
                "{\"kind\":\"EndpointSlice\",\"apiVersion\":\"discovery.k8s.io/v1\",\"endpoints\":null,\"ports\":null}";
        assertThat(Json.as(Json.parse(slice), EndpointSlice.class).getPorts()).isEmpty();
        assertThat(KubernetesClients.serialization()
                        .unmarshal(slice, EndpointSlice.class)
                        .getEndpoints())
                .isEmpty();
    }
}
