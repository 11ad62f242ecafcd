package io.jubernetes.apiserver.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.apiserver.testing.ClusterFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerLeaseTest {
    @TempDir
    Path folder;

    private final MutableClock clock = new MutableClock();
    private ClusterFixture cluster;
    private ApiResource leases;

    @BeforeEach
    void open() {
        cluster = ClusterFixture.open(folder);
        leases = cluster.resource("coordination.k8s.io/v1", "leases");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private ServerLease server(String hostname) {
        return new ServerLease(cluster.storage(), leases, hostname, 6443, clock);
    }

    private List<String> names() {
        cluster.settle();
        List<String> names = new ArrayList<>();
        cluster.storage()
                .cache(leases)
                .snapshot()
                .range(leases.keyPrefix(""), null)
                .forEachRemaining(lease -> names.add(lease.name()));
        return names;
    }

    private JsonNode only() {
        return cluster.get("coordination.k8s.io/v1", "leases", "kube-system", names().getFirst());
    }

    @Test
    void aServerTellsWhatItIsAndThatItIsStillThere() {
        ServerLease server = server("host-a");
        server.renew();
        clock.advance(Duration.ofSeconds(10));
        server.renew();

        JsonNode lease = only();
        assertThat(lease.at("/metadata/labels/apiserver.kubernetes.io~1identity")
                        .asText())
                .isEqualTo("kube-apiserver");
        assertThat(lease.at("/metadata/labels/kubernetes.io~1hostname").asText())
                .isEqualTo("host-a");
        assertThat(lease.at("/spec/leaseDurationSeconds").asInt()).isEqualTo(3600);
        assertThat(lease.at("/spec/acquireTime").asText()).isEqualTo("2026-01-01T00:00:00.000000Z");
        assertThat(lease.at("/spec/renewTime").asText()).isEqualTo("2026-01-01T00:00:10.000000Z");
    }

    @Test
    void aRestartedServerGoesOnWithItsLeaseAndAnotherHasItsOwn() {
        server("host-a").renew();
        String before = only().at("/spec/holderIdentity").asText();
        server("host-a").renew();
        assertThat(names()).hasSize(1);
        assertThat(only().at("/spec/holderIdentity").asText()).isNotEqualTo(before);

        server("host-b").renew();
        assertThat(names()).hasSize(2);
    }

    @Test
    void theLeaseOfAServerThatIsGoneGoesAfterAnHourAndNoOther() {
        var gone = new GoneServers(cluster.storage(), leases, clock);
        server("host-a").renew();
        cluster.put("coordination.k8s.io/v1", "leases", "kube-system", "somebody", "{}");
        clock.advance(Duration.ofMinutes(59));
        server("host-b").renew();
        gone.collect();
        assertThat(names()).hasSize(3);
        clock.advance(Duration.ofMinutes(2));
        cluster.settle();
        gone.collect();
        assertThat(names()).hasSize(2).contains("somebody");
    }
}
