package io.jubernetes.apiserver.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.storage.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationFilesTest {
    @TempDir
    Path folder;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final AtomicReference<String> used = new AtomicReference<>("first");

    private void use(byte[] content) throws IOException {
        String text = new String(content, StandardCharsets.UTF_8);
        if (text.startsWith("wrong")) {
            throw new IOException("it is wrong");
        }
        used.set(text);
    }

    private double reloads(String status) {
        return metrics
                .find("apiserver_authorization_config_controller_automatic_reloads_total")
                .tag("status", status)
                .counters()
                .stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    /// Changes the file at once, so that nobody reads half of it.
    private void replace(Path file, String content) throws IOException {
        Path next = Files.writeString(folder.resolve("next"), content);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void aChangedFileIsUsedAndAWrongOneIsNot() throws IOException {
        Path file = folder.resolve("config.yaml");
        replace(file, "first");
        try (var files = new ConfigurationFiles(metrics, "server", Duration.ofMillis(5), new MutableClock())) {
            files.watch("authorization", file, "first".getBytes(StandardCharsets.UTF_8), this::use);
            String before = hash();
            replace(file, "second");
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> "second".equals(used.get()));
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> reloads("success") >= 1);
            assertThat(hash()).isNotEqualTo(before).startsWith("sha256:");
            replace(file, "wrong");
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> reloads("failure") >= 1);
            assertThat(used).hasValue("second");
            Files.delete(file);
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> reloads("failure") >= 2);
            assertThat(used).hasValue("second");
            replace(file, "third");
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> "third".equals(used.get()));
        }
    }

    /// Of the configuration in use, as the metric shows it.
    private String hash() {
        return metrics
                .get("apiserver_authorization_config_controller_last_config_info")
                .gauge()
                .getId()
                .getTags()
                .stream()
                .filter(tag -> tag.getKey().equals("hash"))
                .findFirst()
                .orElseThrow()
                .getValue();
    }
}
