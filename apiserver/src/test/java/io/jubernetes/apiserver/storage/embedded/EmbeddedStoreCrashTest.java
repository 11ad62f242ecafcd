package io.jubernetes.apiserver.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.storage.KeyValueStore.Entry;
import io.jubernetes.common.time.Deadline;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a store has acknowledged outlives the sudden death of its process. (That it outlives a power cut rests on
/// SQLite's synchronous commits and the disk's honesty; no test here can pull the plug.)
class EmbeddedStoreCrashTest {
    private static final int ROUNDS = 4;

    @TempDir
    Path directory;

    /// The last write of a key that was acknowledged.
    private record Acknowledged(long number, long revision) {}

    @Test
    void everyAcknowledgedWriteSurvivesAKill() throws Exception {
        var random = new Random(7);
        var acknowledged = new HashMap<String, Acknowledged>();
        long last = 1;
        for (int round = 0; round < ROUNDS; round++) {
            writeAndKill("round" + round, 300 + random.nextInt(2000), acknowledged);
            last = check(acknowledged, last);
        }
        assertThat(acknowledged).hasSize(16 * ROUNDS);
    }

    private void writeAndKill(String word, int writes, Map<String, Acknowledged> acknowledged)
            throws IOException, InterruptedException {
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CrashingWriter.class.getName(),
                        directory.toString(),
                        word)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = writer.inputReader(StandardCharsets.US_ASCII)) {
            int seen = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", -1);
                if (words.length == 3 && !words[2].isEmpty() && words[0].startsWith("/registry/")) {
                    acknowledged.put(words[0], new Acknowledged(Long.parseLong(words[1]), Long.parseLong(words[2])));
                }
                if (++seen == writes) {
                    writer.toHandle().destroyForcibly(); // SIGKILL; what it said before that is still read
                }
            }
            assertThat(seen).as("writes before the kill").isGreaterThanOrEqualTo(writes);
        } finally {
            writer.destroyForcibly();
        }
        assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    private long check(Map<String, Acknowledged> acknowledged, long last) {
        Deadline deadline = Deadline.in(Duration.ofSeconds(60));
        try (var store = EmbeddedStore.open(directory)) {
            acknowledged.forEach((key, write) -> {
                Entry entry = store.get(key, deadline).orElseThrow();
                // Later writes may be there, too: durable, but killed before they could be acknowledged.
                assertThat(entry.modRevision()).as(key).isGreaterThanOrEqualTo(write.revision);
                String value = new String(entry.value(), StandardCharsets.US_ASCII);
                long number = Long.parseLong(value.substring(0, value.indexOf('-')));
                assertThat(number).as(key).isGreaterThanOrEqualTo(write.number);
                assertThat(value).hasSize((number + "-").length() + (int) (number % 3000));
            });
            long revision = store.revision(deadline);
            assertThat(revision)
                    .isGreaterThan(last)
                    .isGreaterThanOrEqualTo(acknowledged.values().stream()
                            .mapToLong(Acknowledged::revision)
                            .max()
                            .orElseThrow());
            assertThat(store.create("/registry/after" + revision, new byte[1], null, deadline)
                            .revision())
                    .isEqualTo(revision + 1);
            return revision + 1;
        }
    }
}
