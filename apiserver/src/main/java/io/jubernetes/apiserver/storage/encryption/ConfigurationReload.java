package io.jubernetes.apiserver.storage.encryption;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has a store use the keys of a configuration file that has changed. A wrong file changes nothing. Thread-safe.
public final class ConfigurationReload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigurationReload.class);

    private final Path file;
    private final EncryptingStore store;
    private final MeterRegistry metrics;
    private final Duration pause;
    private final CountDownLatch closed = new CountDownLatch(1);
    private byte[] known; // of the one thread only

    /// @param known the content that is in use
    /// @param pause between looks at the file
    public ConfigurationReload(Path file, byte[] known, EncryptingStore store, MeterRegistry metrics, Duration pause) {
        this.file = file;
        this.known = known.clone();
        this.store = store;
        this.metrics = metrics;
        this.pause = pause;
    }

    public void start() {
        Thread.ofVirtual().name("encryption-configuration").start(() -> {
            try {
                while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    look();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void look() {
        String status = "success";
        try {
            byte[] now = Files.readAllBytes(file);
            if (Arrays.equals(now, known)) {
                return;
            }
            known = now;
            store.use(EncryptionConfiguration.parse(now));
            LOG.info("encrypting as the changed {} says", file);
        } catch (IOException e) {
            status = "failure";
            LOG.error("the changed {} is not used: {}", file, e.getMessage());
        }
        metrics.counter("apiserver_encryption_config_controller_automatic_reloads_total", "status", status)
                .increment();
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
