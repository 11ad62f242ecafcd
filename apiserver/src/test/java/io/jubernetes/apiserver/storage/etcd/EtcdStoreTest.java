package io.jubernetes.apiserver.storage.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.KeyValueStoreContract;
import io.jubernetes.apiserver.storage.RecordingWatcher;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.CertificateRequest;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EtcdStoreTest extends KeyValueStoreContract {
    private final AtomicInteger tests = new AtomicInteger();

    private EtcdProcess etcd;
    private EtcdStore store;

    EtcdStoreTest(@TempDir Path directory) {
        etcd = EtcdProcess.started(directory);
        store = EtcdStore.open(etcd.settings());
    }

    @BeforeAll
    void awaitEtcd() {
        etcd.awaitReady(store);
    }

    @AfterAll
    void stop() {
        store.close();
        etcd.close();
    }

    @BeforeEach
    void ownKeys() {
        tests.incrementAndGet();
    }

    @Override
    protected KeyValueStore store() {
        return store;
    }

    @Override
    protected String root() {
        return "/test" + tests.get() + "/";
    }

    private long create(String name) {
        return store.create(root() + name, bytes("1"), null, soon()).revision();
    }

    @Test
    void aWatchSurvivesTheEndOfEtcdWithoutGapOrRepetition() {
        var watcher = new RecordingWatcher();
        long start = store.revision(soon());
        try (var _ = store.watch(root(), start, watcher)) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 50; i++) {
                    create("k" + round + "-" + i);
                }
                if (round == 1) {
                    watcher.awaitCount(1);
                }
                etcd.kill();
                etcd.start();
                etcd.awaitReady(store);
            }
            create("last");
            watcher.awaitCount(151);
        }
        assertThat(watcher.changes()).hasSize(151);
        assertThat(watcher.changes()).extracting(KeyValueStore.Change::key).doesNotHaveDuplicates();
        assertThat(watcher.end()).isNull();
    }

    @Test
    void aWatchThatMissedACompactionEnds() {
        var watcher = new RecordingWatcher();
        long start = create("a");
        try (var _ = store.watch(root(), start - 1, watcher)) {
            watcher.awaitCount(1);
            etcd.kill();
            etcd.start();
            etcd.awaitReady(store);
        }
        create("b");
        store.compact(create("c"), soon());
        try (var _ = store.watch(root(), start, watcher)) {
            assertThat(watcher.awaitEnd()).isInstanceOf(StoreException.Compacted.class);
        }
    }

    @Test
    void callsWaitForEtcdToComeBack() {
        etcd.kill();
        assertThatThrownBy(() -> store.get(root() + "a", Deadline.in(Duration.ofMillis(300))))
                .isInstanceOf(StoreException.Unavailable.class);
        etcd.start();
        assertThat(store.create(root() + "a", bytes("1"), null, soon()).succeeded())
                .isTrue();
    }

    @Test
    void anExpiredKeyIsDeleted() {
        var watcher = new RecordingWatcher();
        try (var _ = store.watch(root(), store.revision(soon()), watcher)) {
            store.create(root() + "short", bytes("1"), Duration.ofSeconds(1), soon());
            long kept = store.create(root() + "kept", bytes("1"), Duration.ofSeconds(1), soon())
                    .revision();
            store.update(root() + "kept", bytes("2"), kept, null, soon());
            watcher.awaitCount(4);
        }
        assertThat(watcher.changes().getLast()).satisfies(change -> {
            assertThat(change.key()).isEqualTo(root() + "short");
            assertThat(change.value()).isNull();
            assertThat(change.previous()).isEqualTo(bytes("1"));
        });
        assertThat(store.get(root() + "kept", soon())).isPresent();
    }

    @Test
    void keysThatLiveEquallyLongShareALease() {
        var leases = new Leases(store.channel(), InstantSource.system());
        long first = leases.leaseFor(Duration.ofHours(1), soon());
        assertThat(leases.leaseFor(Duration.ofHours(1), soon())).isEqualTo(first);
        assertThat(leases.leaseFor(Duration.ofHours(2), soon())).isNotEqualTo(first);
        leases.forget(first);
        assertThat(leases.leaseFor(Duration.ofHours(1), soon())).isNotEqualTo(first);
        assertThat(Leases.sharing(Duration.ofHours(1))).isEqualTo(Duration.ofMinutes(1));
        assertThat(Leases.sharing(Duration.ofMinutes(1))).isEqualTo(Duration.ofSeconds(3));
        assertThat(Leases.sharing(Duration.ofSeconds(2))).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void ofSeveralServersOneCompactsPerInterval() {
        var first = new EtcdCompactor(store, Duration.ofMinutes(5));
        var second = new EtcdCompactor(store, Duration.ofMinutes(5));
        long old = create("a");
        first.tick();
        second.tick();
        create("b");
        long kept = create("c");
        assertThat(store.range(root(), root() + "~", old, 0, soon()).entries()).hasSize(1);
        first.tick(); // compacts to where its last turn left off
        second.tick(); // too late, only looks

        assertThatThrownBy(() -> store.range(root(), root() + "~", old, 0, soon()))
                .isInstanceOf(StoreException.Compacted.class);
        assertThat(store.range(root(), root() + "~", kept, 0, soon()).entries()).hasSize(3);
    }

    @Test
    void oneMemberOfTheListMayBeDown() {
        var dead = URI.create("http://127.0.0.1:" + EtcdProcess.freePort());
        try (var both = EtcdStore.open(EtcdSettings.of(List.of(dead, etcd.endpoint())))) {
            for (int i = 0; i < 10; i++) {
                assertThat(both.create(root() + "k" + i, bytes("1"), null, soon())
                                .succeeded())
                        .isTrue();
            }
        }
    }

    @Test
    void aFullEtcdRefuses(@TempDir Path directory) {
        try (var small = EtcdProcess.started(directory, "--quota-backend-bytes=300000");
                var full = EtcdStore.open(small.settings())) {
            small.awaitReady(full);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            full.create("/k" + i, new byte[50_000], null, soon());
                        }
                    })
                    .isInstanceOf(StoreException.Refused.class)
                    .hasMessageContaining("etcd is full");
            assertThat(full.get("/k0", soon())).isPresent();
        }
    }

    @Test
    void tlsWithClientCertificates(@TempDir Path directory) throws IOException {
        var authority = CertificateAuthority.create("etcd-ca", Clock.systemUTC());
        Pem.writePublic(directory.resolve("ca.crt"), authority.pem());
        issue(
                authority,
                directory,
                "server",
                CertificateRequest.server("etcd", List.of("localhost"), List.of("127.0.0.1")));
        issue(authority, directory, "client", CertificateRequest.client("apiserver"));
        try (var etcdTls = new EtcdProcess(
                directory,
                "https",
                "--cert-file=" + directory.resolve("server.crt"),
                "--key-file=" + directory.resolve("server.key"),
                "--client-cert-auth",
                "--trusted-ca-file=" + directory.resolve("ca.crt"))) {
            etcdTls.start();
            Path ca = directory.resolve("ca.crt");
            var settings = new EtcdSettings(
                    List.of(etcdTls.endpoint()),
                    ca,
                    directory.resolve("client.crt"),
                    directory.resolve("client.key"),
                    Duration.ZERO);
            try (var trusted = EtcdStore.open(settings)) {
                etcdTls.awaitReady(trusted);
                var watcher = new RecordingWatcher();
                try (var _ = trusted.watch("/", 1, watcher)) {
                    trusted.create("/a", bytes("1"), null, soon());
                    watcher.awaitCount(1);
                }
            }
            var anonymous = new EtcdSettings(List.of(etcdTls.endpoint()), ca, null, null, Duration.ZERO);
            try (var refused = EtcdStore.open(anonymous)) {
                assertThatThrownBy(() -> refused.get("/a", Deadline.in(Duration.ofSeconds(1))))
                        .isInstanceOf(StoreException.Unavailable.class);
            }
        }
    }

    private static void issue(CertificateAuthority authority, Path directory, String name, CertificateRequest request)
            throws IOException {
        KeyPair keys = CertificateAuthority.newKeyPair();
        Pem.writePublic(directory.resolve(name + ".crt"), Pem.text(authority.issue(request, keys.getPublic())));
        String key = Base64.getMimeEncoder().encodeToString(keys.getPrivate().getEncoded());
        Pem.writeSecret(
                directory.resolve(name + ".key"),
                "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n");
    }

    @Test
    void aMissingTlsFileIsNamed(@TempDir Path directory) {
        var settings = new EtcdSettings(
                List.of(URI.create("https://127.0.0.1:1")), directory.resolve("no-ca.crt"), null, null, Duration.ZERO);
        assertThatThrownBy(() -> EtcdStore.open(settings))
                .isInstanceOf(StoreException.Refused.class)
                .hasMessageContaining("no-ca.crt")
                .hasMessageNotContaining("\n");
    }

    @Test
    void settingsAreChecked() {
        assertThatThrownBy(() -> EtcdSettings.of(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> EtcdSettings.of(List.of(URI.create("localhost:2379"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("http://HOST:PORT");
        assertThatThrownBy(() -> EtcdSettings.of(List.of(URI.create("http://a:2379"), URI.create("https://b:2379"))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void afterClosingEverythingSaysSo(@TempDir Path directory) {
        try (var other = EtcdProcess.started(directory)) {
            var closing = EtcdStore.open(other.settings());
            other.awaitReady(closing);
            var watcher = new RecordingWatcher();
            var _ = closing.watch("/", 1, watcher);
            closing.create("/a", bytes("1"), null, soon());
            watcher.awaitCount(1);
            closing.close();

            await().atMost(Duration.ofSeconds(10)).until(() -> watcher.end() instanceof StoreException.Closed);
            assertThatThrownBy(() -> closing.get("/a", soon())).isInstanceOf(StoreException.Closed.class);
            assertThatThrownBy(() -> closing.watch("/", 1, watcher)).isInstanceOf(StoreException.Closed.class);
        }
    }
}
