package io.jubernetes.apiserver.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.KeyValueStoreContract;
import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.apiserver.storage.RecordingWatcher;
import io.jubernetes.apiserver.storage.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreTest extends KeyValueStoreContract {
    private final MutableClock clock = new MutableClock();

    @TempDir
    Path parent;

    private EmbeddedStore store;

    @BeforeEach
    void open() {
        store = open(0);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private EmbeddedStore open(long maxBytes) {
        return EmbeddedStore.open(directory(), new EmbeddedStore.Settings(Duration.ofMinutes(5), maxBytes, clock));
    }

    private Path directory() {
        return parent.resolve("data").resolve("store");
    }

    @Override
    protected KeyValueStore store() {
        return store;
    }

    @Override
    protected String root() {
        return "/registry/";
    }

    private void passTime(Duration by) {
        clock.advance(by);
        store.maintain(soon());
        store.maintain(soon()); // the first call's own maintenance has run when the second is answered
    }

    @Test
    void aNewStoreIsAtRevisionOneLikeEtcd() {
        assertThat(store.revision(soon())).isEqualTo(1);
    }

    @Test
    void everythingIsThereAfterReopening() {
        long a = store.create("/registry/a", bytes("1"), null, soon()).revision();
        store.update("/registry/a", bytes("2"), a, null, soon());
        long b = store.create("/registry/b", bytes("1"), null, soon()).revision();
        long end = store.delete("/registry/b", b, soon()).revision();
        store.compact(end, soon());
        store.close();
        open();

        assertThat(store.revision(soon())).isEqualTo(end);
        assertThat(store.get("/registry/a", soon()).orElseThrow().value()).isEqualTo(bytes("2"));
        assertThat(store.get("/registry/b", soon())).isEmpty();
        assertThat(store.create("/registry/c", bytes("1"), null, soon()).revision())
                .isEqualTo(end + 1);
    }

    @Test
    void aWatchResumesAfterReopening() {
        long a = store.create("/registry/a", bytes("1"), null, soon()).revision();
        store.update("/registry/a", bytes("2"), a, null, soon());
        store.close();
        open();

        var watcher = new RecordingWatcher();
        try (var _ = store.watch("/registry/", a, watcher)) {
            watcher.awaitCount(1);
        }
        assertThat(watcher.changes()).extracting(RecordingWatcher::text).containsExactly("~/registry/a=2 (1)");
    }

    @Test
    void anExpiredKeyIsDeleted() {
        var watcher = new RecordingWatcher();
        long kept = store.create("/registry/kept", bytes("1"), Duration.ofMinutes(1), soon())
                .revision();
        store.create("/registry/short", bytes("1"), Duration.ofMinutes(1), soon());
        store.update("/registry/kept", bytes("2"), kept, null, soon());
        try (var _ = store.watch("/registry/", store.revision(soon()), watcher)) {
            passTime(Duration.ofSeconds(59));
            assertThat(store.get("/registry/short", soon())).isPresent();
            passTime(Duration.ofSeconds(12));
            watcher.awaitCount(1);
        }

        assertThat(store.get("/registry/short", soon())).isEmpty();
        assertThat(store.get("/registry/kept", soon())).isPresent();
        assertThat(watcher.changes()).extracting(RecordingWatcher::text).containsExactly("-/registry/short (1)");
    }

    @Test
    void anUpdateProlongsTheTimeToLive() {
        long first = store.create("/registry/a", bytes("1"), Duration.ofMinutes(1), soon())
                .revision();
        passTime(Duration.ofSeconds(50));
        store.update("/registry/a", bytes("2"), first, Duration.ofMinutes(1), soon());
        passTime(Duration.ofSeconds(50));
        assertThat(store.get("/registry/a", soon())).isPresent();
        passTime(Duration.ofSeconds(20));
        assertThat(store.get("/registry/a", soon())).isEmpty();
    }

    @Test
    void timeToLiveSurvivesReopening() {
        store.create("/registry/a", bytes("1"), Duration.ofMinutes(1), soon());
        store.close();
        open();
        passTime(Duration.ofMinutes(2));
        assertThat(store.get("/registry/a", soon())).isEmpty();
    }

    @Test
    void oldHistoryIsCompactedByItself() {
        long a = store.create("/registry/a", bytes("1"), null, soon()).revision();
        long a2 = store.update("/registry/a", bytes("2"), a, null, soon()).revision();
        for (int minute = 0; minute < 4; minute++) {
            passTime(Duration.ofMinutes(1));
        }
        assertThat(store.range("/registry/", "/registry0", a, 0, soon()).entries())
                .hasSize(1);
        for (int minute = 0; minute < 3; minute++) {
            passTime(Duration.ofMinutes(1));
        }

        assertThatThrownBy(() -> store.range("/registry/", "/registry0", a, 0, soon()))
                .isInstanceOf(StoreException.Compacted.class);
        assertThat(store.range("/registry/", "/registry0", a2, 0, soon()).entries())
                .hasSize(1);
    }

    @Test
    void compactionGivesSpaceBack() {
        var random = new Random(1);
        byte[] value = new byte[20_000];
        long revision = 0;
        for (int i = 0; i < 1000; i++) {
            random.nextBytes(value);
            revision = i == 0
                    ? store.create("/registry/a", value, null, soon()).revision()
                    : store.update("/registry/a", value, revision, null, soon()).revision();
        }
        assertThat(store.sizeInBytes(soon())).isGreaterThan(20_000_000);

        store.compact(revision, soon());

        await().atMost(Duration.ofSeconds(20))
                .until(() -> Files.size(directory().resolve("state.db")) < 3_000_000);
        assertThat(store.get("/registry/a", soon()).orElseThrow().value()).isEqualTo(value);
    }

    @Test
    void onlyTheOwnerMayReadIt() throws IOException {
        store.create("/registry/a", bytes("secret"), null, soon());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory())))
                .isEqualTo("rwx------");
        try (var files = Files.list(directory())) {
            assertThat(files)
                    .hasSizeGreaterThanOrEqualTo(3)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
        }
    }

    @Test
    void aDirectoryInUseIsRefusedAndTheHolderNotDisturbed() {
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> EmbeddedStore.open(directory()))
                    .isInstanceOf(StoreException.Refused.class)
                    .hasMessageContaining("is in use by this process: stop it or choose another directory")
                    .hasMessageNotContaining("\n");
        }
        assertThat(store.create("/registry/a", bytes("1"), null, soon()).succeeded())
                .isTrue();
    }

    @Test
    void anotherVersionsDataIsRefused() throws SQLException {
        store.close();
        try (Connection connection =
                DriverManager.getConnection("jdbc:sqlite:" + directory().resolve("state.db"))) {
            Database.execute(connection, "PRAGMA user_version=7");
        }
        assertThatThrownBy(() -> EmbeddedStore.open(directory()))
                .isInstanceOf(StoreException.Refused.class)
                .hasMessageContaining("format version 7")
                .hasMessageContaining("another data directory")
                .hasMessageNotContaining("\n");
        try (Connection connection =
                DriverManager.getConnection("jdbc:sqlite:" + directory().resolve("state.db"))) {
            Database.execute(connection, "PRAGMA user_version=" + Database.VERSION);
        }
        open(); // the refusal released the lock
    }

    @Test
    void aForeignFileIsRefused() throws IOException {
        store.close();
        Files.writeString(directory().resolve("state.db"), "not a database ".repeat(100));
        assertThatThrownBy(() -> EmbeddedStore.open(directory()))
                .isInstanceOf(StoreException.Refused.class)
                .hasMessageContaining("state.db")
                .hasMessageNotContaining("\n");
        Files.delete(directory().resolve("state.db"));
        open();
    }

    @Test
    void aFullDiskRefusesChangesButAnswersReads() {
        store.close();
        store = open(400_000);
        int written = 0;
        StoreException refusal = null;
        while (refusal == null && written < 100) {
            try {
                store.create("/registry/k" + written, new byte[20_000], null, soon());
                written++;
            } catch (StoreException e) {
                refusal = e;
            }
        }

        assertThat(refusal)
                .isInstanceOf(StoreException.Refused.class)
                .hasMessageContaining("no space left")
                .hasMessageNotContaining("\n");
        assertThat(written).isBetween(5, 50);
        assertThat(store.range("/registry/", "/registry0", 0, 0, soon()).entries())
                .hasSize(written);
        assertThat(store.revision(soon())).isEqualTo(1 + written);

        // A person makes room: what was refused works again, and no revision was lost.
        store.close();
        store = open(4_000_000);
        assertThat(store.create("/registry/more", new byte[20_000], null, soon())
                        .revision())
                .isEqualTo(2 + written);
    }

    @Test
    void afterClosingEverythingSaysSo() {
        var watcher = new RecordingWatcher();
        var _ = store.watch("/registry/", 1, watcher);
        store.close();

        assertThat(watcher.awaitEnd()).isInstanceOf(StoreException.Closed.class);
        assertThatThrownBy(() -> store.create("/registry/a", bytes("1"), null, soon()))
                .isInstanceOf(StoreException.Closed.class);
        assertThatThrownBy(() -> store.get("/registry/a", soon())).isInstanceOf(StoreException.Closed.class);
        assertThatThrownBy(() -> store.watch("/registry/", 1, watcher)).isInstanceOf(StoreException.Closed.class);
    }
}
