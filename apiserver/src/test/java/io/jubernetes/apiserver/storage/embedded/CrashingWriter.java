package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.KeyValueStore.Outcome;
import io.jubernetes.common.time.Deadline;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// A process that writes to a store until it is killed, and says `key value revision` on its output after each
/// write that was acknowledged. Started by [EmbeddedStoreCrashTest].
final class CrashingWriter {
    private static final int WRITERS = 16;

    private CrashingWriter() {}

    /// @param args the directory, and a word that sets this run's keys apart
    public static void main(String[] args) throws InterruptedException {
        EmbeddedStore store = EmbeddedStore.open(Path.of(args[0]));
        for (int i = 0; i < WRITERS; i++) {
            String key = "/registry/" + args[1] + "/" + i;
            Thread.ofPlatform().start(() -> write(store, key));
        }
        boolean _ = new CountDownLatch(1).await(2, TimeUnit.MINUTES); // never outlives a test that was itself killed
        Runtime.getRuntime().halt(1);
    }

    private static void write(EmbeddedStore store, String key) {
        long revision = 0;
        for (long number = 0; ; number++) {
            String value = number + "-" + "x".repeat((int) (number % 3000));
            byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
            Deadline deadline = Deadline.in(Duration.ofSeconds(30));
            Outcome outcome = revision == 0
                    ? store.create(key, bytes, null, deadline)
                    : store.update(key, bytes, revision, null, deadline);
            revision = outcome.revision();
            say(key + " " + number + " " + revision);
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
