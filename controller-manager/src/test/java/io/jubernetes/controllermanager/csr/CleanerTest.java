package io.jubernetes.controllermanager.csr;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.jubernetes.controllermanager.testing.Written;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CleanerTest {
    private static final Instant NOW = Instant.parse("2026-01-02T00:00:00Z");

    @ParameterizedTest(name = "{0}, {1}: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "2026-01-01T12:00:00Z | | false",
                "2025-12-31T23:00:00Z | | true",
                "2026-01-01T12:00:00Z | conditions: [{type: Denied, lastUpdateTime: '2026-01-01T22:00:00Z'}] | true",
                "2026-01-01T12:00:00Z | conditions: [{type: Denied, lastUpdateTime: '2026-01-01T23:30:00Z'}] | false",
                "2026-01-01T12:00:00Z | conditions: [{type: Failed, lastUpdateTime: '2026-01-01T22:00:00Z'}] | true",
                "2025-01-01T12:00:00Z | conditions: [{type: Approved, lastUpdateTime: '2026-01-01T22:00:00Z'}] | false",
                "2025-01-01T12:00:00Z | certificate: YQ==, conditions: [{type: Approved, lastUpdateTime:"
                        + " '2026-01-01T22:00:00Z'}] | true",
            })
    void requestsGoWhenNobodyNeedsThem(String created, String status, boolean over) {
        var request = Written.as(
                CertificateSigningRequest.class,
                "{metadata: {name: r, creationTimestamp: '%s'}, status: {%s}}"
                        .formatted(created, status == null ? "" : status));
        assertThat(CleanerController.isOver(request, NOW)).isEqualTo(over);
    }
}
