package io.jubernetes.apiserver.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreBackupTest {
    private static final int KEYS = 100;

    @TempDir
    Path parent;

    private Path directory;
    private Path backup;

    @BeforeEach
    void name() {
        directory = parent.resolve("store");
        backup = parent.resolve("backup.db");
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// A store with keys of which one was deleted.
    private EmbeddedStore filled() {
        EmbeddedStore store = EmbeddedStore.open(directory);
        for (int i = 0; i < KEYS; i++) {
            var _ = store.create("/registry/k" + i, bytes("v" + i), null, soon());
        }
        var _ = store.delete("/registry/k0", 2, soon());
        return store;
    }

    @Test
    void aBackupOfARunningStoreIsWhole() throws IOException {
        try (EmbeddedStore store = filled()) {
            assertThat(StoreBackup.save(directory, backup)).isEqualTo(new StoreBackup.Contents(KEYS + 2, KEYS - 1));
            assertThat(StoreBackup.save(directory, backup)).as("again").isEqualTo(StoreBackup.verify(backup));
            assertThat(store.create("/registry/later", bytes("x"), null, soon()).succeeded())
                    .isTrue();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
                .isEqualTo("rw-------");
        assertThat(parent).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aRestoredStoreNeverGivesARevisionOutTwice() {
        try (EmbeddedStore store = filled()) {
            var _ = StoreBackup.save(directory, backup);
            var _ = store.create("/registry/lost", bytes("x"), null, soon());
        }
        var _ = StoreBackup.restore(backup, directory);
        try (EmbeddedStore restored = EmbeddedStore.open(directory)) {
            assertThat(restored.range("/registry/", "/registry0", 0, 0, soon()).entries())
                    .hasSize(KEYS - 1)
                    .noneMatch(entry -> entry.key().equals("/registry/lost"));
            long revision =
                    restored.create("/registry/own", bytes("x"), null, soon()).revision();
            assertThat(revision).isEqualTo(KEYS + 3 + StoreBackup.REVISION_LEAP);
            assertThatThrownBy(() -> restored.range("/registry/", "/registry0", KEYS + 3, 0, soon()))
                    .as("who remembers the lost revision lists again")
                    .isInstanceOf(StoreException.Compacted.class);
        }
        assertThat(directory.resolve("state.db.replaced"))
                .as("what was there before")
                .exists();
    }

    @Test
    void anEmptyDirectoryBecomesAStore() {
        filled().close();
        var _ = StoreBackup.save(directory, backup);
        Path another = parent.resolve("another");
        var _ = StoreBackup.restore(backup, another);
        try (EmbeddedStore restored = EmbeddedStore.open(another)) {
            assertThat(restored.get("/registry/k1", soon())).isPresent();
        }
    }

    @Test
    void aStoreInUseIsNotReplaced() {
        try (EmbeddedStore _ = filled()) {
            var _ = StoreBackup.save(directory, backup);
            assertThatThrownBy(() -> StoreBackup.restore(backup, directory))
                    .isInstanceOf(StoreException.Refused.class)
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void whatIsNoBackupIsNotRestored() throws IOException {
        assertThatThrownBy(() -> StoreBackup.restore(backup, directory)).hasMessageContaining("there is no backup");
        Files.writeString(backup, "a text, and no database at all");
        assertThatThrownBy(() -> StoreBackup.restore(backup, directory)).hasMessageContaining("use another backup");
        assertThatThrownBy(() -> StoreBackup.save(directory, backup)).hasMessageContaining("there is no store");
        assertThat(directory).doesNotExist();
    }

    @Test
    void damageIsFound() throws IOException {
        filled().close();
        var _ = StoreBackup.save(directory, backup);
        try (var file = new RandomAccessFile(backup.toFile(), "rw")) {
            file.seek(file.length() / 2);
            file.write(new byte[8192]);
        }
        assertThatThrownBy(() -> StoreBackup.verify(backup)).isInstanceOf(StoreException.Refused.class);
    }
}
