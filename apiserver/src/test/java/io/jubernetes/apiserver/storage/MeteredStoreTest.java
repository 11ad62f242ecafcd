package io.jubernetes.apiserver.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeteredStoreTest {
    private static final byte[] VALUE = "{}".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    @Test
    void callsAreMeasuredByOperationAndResource() {
        var registry = new SimpleMeterRegistry();
        try (var store = new MeteredStore(EmbeddedStore.open(directory), "/registry/", registry)) {
            long revision =
                    store.create("/registry/pods/ns/a", VALUE, null, soon()).revision();
            store.create("/registry/pods/ns/b", VALUE, null, soon());
            store.update("/registry/pods/ns/a", VALUE, revision, null, soon());
            store.get("/registry/example.com/things/ns/a", soon());
            assertThatThrownBy(() -> store.range("/registry/pods/", "/registry/pods0", 1_000_000, 0, soon()))
                    .isInstanceOf(StoreException.FutureRevision.class);

            assertThat(registry.get("etcd_request_duration_seconds")
                            .tags("operation", "create", "type", "pods")
                            .timer()
                            .count())
                    .isEqualTo(2);
            assertThat(registry.get("etcd_requests_total")
                            .tags("operation", "get", "type", "things.example.com")
                            .counter()
                            .count())
                    .isEqualTo(1);
            assertThat(registry.get("etcd_request_errors_total")
                            .tags("operation", "list", "type", "pods")
                            .counter()
                            .count())
                    .isEqualTo(1);
            assertThat(registry.get("jubernetes_store_commits_total")
                            .functionCounter()
                            .count())
                    .isEqualTo(3);
            assertThat(registry.get("apiserver_storage_size_bytes").gauge().value())
                    .isPositive();
        }
    }
}
