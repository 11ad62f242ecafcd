package io.jubernetes.kubelet.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodNetworksTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"lan | lan", "lan, storage | lan storage", "'lan,, lan,' | lan", "'' | ''"})
    void namesNetworksOnce(String annotation, String expected) {
        var pod = new PodBuilder()
                .withNewMetadata()
                .addToAnnotations(PodNetworks.ANNOTATION, annotation)
                .endMetadata()
                .build();
        assertThat(String.join(" ", PodNetworks.of(pod))).isEqualTo(expected);
    }

    @Test
    void withoutTheAnnotationThereIsNone() {
        assertThat(PodNetworks.of(
                        new PodBuilder().withNewMetadata().endMetadata().build()))
                .isEqualTo(List.of());
    }
}
