package io.jubernetes.kubelet.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.jubernetes.kubelet.TestRpc;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Probes against a health service as containers have it.
class GrpcProbeTest {
    private static Outcome probe(int port, String service) {
        var probe = new ProbeBuilder()
                .withNewGrpc()
                .withPort(port)
                .withService(service)
                .endGrpc()
                .withTimeoutSeconds(5)
                .build();
        // Only commands need a runtime.
        return new ProbeRunner(TestRpc.noRuntime(), new HttpProbe()).run(probe, new Container(), "id", "127.0.0.1");
    }

    @Test
    void asksTheHealthService() throws Exception {
        try (var server = TestRpc.health(Map.of("", 1, "sick", 2))) {
            assertThat(probe(server.port(), "")).isEqualTo(Outcome.success("service healthy"));
            assertThat(probe(server.port(), "sick"))
                    .isEqualTo(Outcome.failure("service unhealthy (responded with \"NOT_SERVING\")"));
            assertThat(probe(server.port(), "unknown").output())
                    .startsWith("error: health rpc probe failed: rpc error: code = NotFound");
        }
        assertThat(probe(1, "").output()).startsWith("error: failed to connect service \"127.0.0.1:1\"");
    }
}
