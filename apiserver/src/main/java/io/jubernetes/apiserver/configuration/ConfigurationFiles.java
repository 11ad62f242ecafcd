package io.jubernetes.apiserver.configuration;

import io.jubernetes.common.codec.Sha256;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at configuration files again and again, and has a changed one used. A wrong file changes nothing. What
/// happened is counted under upstream's names, `apiserver_PURPOSE_config_controller_…`. Thread-safe.
public final class ConfigurationFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigurationFiles.class);

    private final MeterRegistry metrics;
    private final String server;
    private final Duration pause;
    private final InstantSource clock;
    private final CountDownLatch closed = new CountDownLatch(1);

    /// @param server tells API servers of one cluster apart; only its hash is shown
    /// @param pause between looks at a file
    public ConfigurationFiles(MeterRegistry metrics, String server, Duration pause, InstantSource clock) {
        this.metrics = metrics;
        this.server = hash(server.getBytes(StandardCharsets.UTF_8));
        this.pause = pause;
        this.clock = clock;
    }

    /// Takes over what a file says.
    @FunctionalInterface
    public interface Use {
        /// @throws IOException when the content is wrong; nothing may have changed then
        void use(byte[] content) throws IOException;
    }

    /// Watches a file until [#close].
    ///
    /// @param purpose such as `authorization`
    /// @param known the content that is in use
    public void watch(String purpose, Path file, byte[] known, Use use) {
        var watched = new Watched(purpose, file, use, known);
        watched.show();
        Thread.ofVirtual().name(purpose + "-configuration").start(() -> {
            try {
                while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    watched.look();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static String hash(byte[] content) {
        return "sha256:" + HexFormat.of().formatHex(Sha256.of(content));
    }

    @Override
    public void close() {
        closed.countDown();
    }

    /// One file; belongs to its thread once that runs.
    private final class Watched {
        private final String prefix;
        private final Path file;
        private final Use use;
        private final MultiGauge info;
        private final MultiGauge times;
        private final Map<String, Long> last = new HashMap<>();
        private byte[] used;
        private byte[] seen;
        private String problem = "";

        Watched(String purpose, Path file, Use use, byte[] known) {
            prefix = "apiserver_" + purpose + "_config_controller_";
            this.file = file;
            this.use = use;
            used = known.clone();
            seen = used;
            info = MultiGauge.builder(prefix + "last_config_info")
                    .description("The configuration in use, by its hash.")
                    .register(metrics);
            times = MultiGauge.builder(prefix + "automatic_reload_last_timestamp_seconds")
                    .description("When a changed configuration was last taken over or refused.")
                    .register(metrics);
        }

        /// Shows the content in use.
        void show() {
            info.register(
                    List.of(MultiGauge.Row.of(Tags.of("apiserver_id_hash", server, "hash", hash(used)), 1)), true);
        }

        void look() {
            String status = "success";
            try {
                byte[] now = Files.readAllBytes(file);
                if (Arrays.equals(now, seen)) {
                    return;
                }
                seen = now;
                use.use(now);
                used = now;
                problem = "";
                show();
                LOG.info("using the changed {}", file);
            } catch (IOException | IllegalArgumentException e) {
                status = "failure";
                if (!problem.equals(e.toString())) {
                    problem = e.toString();
                    LOG.error("the changed {} is not used: {}", file, e.getMessage());
                }
            }
            Tags tags = Tags.of("apiserver_id_hash", server, "status", status);
            metrics.counter(prefix + "automatic_reloads_total", tags).increment();
            last.put(status, clock.instant().getEpochSecond());
            times.register(
                    last.entrySet().stream()
                            .map(entry -> MultiGauge.Row.of(
                                    Tags.of("apiserver_id_hash", server, "status", entry.getKey()), entry.getValue()))
                            .toList(),
                    true);
        }
    }
}
