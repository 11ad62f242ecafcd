package io.jubernetes.apiserver.storage.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What stands in the store with encryption on, and what comes back.
class EncryptingStoreTest {
    private static final String KEY = "/registry/secrets/default/a";
    private static final byte[] VALUE = "{\"kind\":\"Secret\"}".getBytes(StandardCharsets.UTF_8);
    private static final KeyResources RESOURCES = new KeyResources(
            "/registry/",
            Map.of(
                    "/registry/secrets/", "secrets",
                    "/registry/configmaps/", "configmaps",
                    "/registry/services/specs/", "services",
                    "/registry/deployments/", "deployments.apps"));

    @TempDir
    Path folder;

    private KeyValueStore raw;

    @BeforeEach
    void open() {
        raw = EmbeddedStore.open(folder);
    }

    @AfterEach
    void close() {
        raw.close();
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    private static String key(int fill, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) fill);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String provider(String kind, String name, int fill) {
        return "{" + kind + ": {keys: [{name: " + name + ", secret: " + key(fill, 32) + "}]}}";
    }

    private static EncryptionConfiguration configuration(String resources, String... providers) throws IOException {
        String yaml =
                "{kind: EncryptionConfiguration, apiVersion: apiserver.config.k8s.io/v1, resources: [{resources: ["
                        + resources + "], providers: [" + String.join(", ", providers) + "]}]}";
        return EncryptionConfiguration.parse(yaml.getBytes(StandardCharsets.UTF_8));
    }

    private EncryptingStore store(String resources, String... providers) throws IOException {
        return new EncryptingStore(raw, configuration(resources, providers), RESOURCES::of);
    }

    private String stored(String key) {
        return new String(raw.get(key, soon()).orElseThrow().value(), StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"aescbc", "aesgcm", "secretbox"})
    void whatIsStoredCannotBeRead(String kind) throws IOException, InterruptedException {
        EncryptingStore store = store("secrets", provider(kind, "one", 1), "{identity: {}}");
        BlockingQueue<KeyValueStore.Change> changes = new LinkedBlockingQueue<>();
        try (var _ = store.watch("/registry/", 0, collect(changes))) {
            assertThat(store.create(KEY, VALUE, null, soon()).succeeded()).isTrue();
            assertThat(changes.poll(20, TimeUnit.SECONDS).value()).isEqualTo(VALUE);
        }
        assertThat(stored(KEY)).startsWith("k8s:enc:" + kind + ":v1:one:").doesNotContain("Secret");
        assertThat(store.get(KEY, soon()).orElseThrow().value()).isEqualTo(VALUE);
        var range = store.range("/registry/", "/registry0", 0, 0, soon());
        assertThat(range.entries().getFirst().value()).isEqualTo(VALUE);
        // What is not named stays as it is.
        assertThat(store.create("/registry/configmaps/default/a", VALUE, null, soon())
                        .succeeded())
                .isTrue();
        assertThat(stored("/registry/configmaps/default/a")).contains("Secret");
    }

    private static KeyValueStore.Watcher collect(BlockingQueue<KeyValueStore.Change> changes) {
        return new KeyValueStore.Watcher() {
            @Override
            public void onChanges(List<KeyValueStore.Change> all, long upTo) {
                changes.addAll(all);
            }

            @Override
            public void onEnd(StoreException cause) {}
        };
    }

    @Test
    void keysAreChangedWithoutLosingAnything() throws IOException {
        EncryptingStore store = store("secrets", "{identity: {}}", provider("aesgcm", "one", 1));
        var created = store.create(KEY, VALUE, null, soon());
        assertThat(store.needsRewrite(KEY, soon())).isFalse();
        store.use(configuration("secrets", provider("aesgcm", "one", 1), "{identity: {}}"));
        assertThat(store.get(KEY, soon()).orElseThrow().value()).isEqualTo(VALUE);
        assertThat(store.needsRewrite(KEY, soon())).isTrue();
        long revision =
                store.update(KEY, VALUE, created.revision(), null, soon()).revision();
        assertThat(stored(KEY)).startsWith("k8s:enc:aesgcm:v1:one:");
        store.use(configuration("secrets", provider("secretbox", "two", 2), provider("aesgcm", "one", 1)));
        assertThat(store.needsRewrite(KEY, soon())).isTrue();
        var updated = store.update(KEY, VALUE, revision, null, soon());
        assertThat(stored(KEY)).startsWith("k8s:enc:secretbox:v1:two:");
        store.use(configuration("secrets", provider("secretbox", "two", 2)));
        assertThat(store.needsRewrite(KEY, soon())).isFalse();
        assertThat(store.delete(KEY, updated.revision(), soon()).current())
                .extracting(KeyValueStore.Entry::value)
                .isEqualTo(VALUE);
    }

    @Test
    void withoutTheKeyThereIsAnErrorAndNoValue() throws IOException {
        var _ = store("secrets", provider("aesgcm", "one", 1))
                .create(KEY, VALUE, null, soon())
                .revision();
        EncryptingStore other = store("secrets", provider("aesgcm", "two", 2));
        assertThatThrownBy(() -> other.get(KEY, soon()))
                .isInstanceOf(StoreException.Unreadable.class)
                .hasMessage("unable to transform key \"" + KEY + "\": no matching prefix found");
        assertThat(other.range("/registry/", "/registry0", 0, 0, soon())
                        .entries()
                        .getFirst()
                        .value())
                .hasSize(1);
        EncryptingStore wrong = store("secrets", provider("aesgcm", "one", 9));
        assertThatThrownBy(() -> wrong.get(KEY, soon())).hasMessageContaining("its value cannot be decrypted");
    }

    @Test
    void aValueMovedToAnotherPlaceIsNotBelieved() throws IOException {
        EncryptingStore store = store("secrets", provider("aesgcm", "one", 1));
        var _ = store.create(KEY, VALUE, null, soon()).revision();
        byte[] moved = raw.get(KEY, soon()).orElseThrow().value();
        var _ = raw.create(KEY + "b", moved, null, soon()).revision();
        assertThatThrownBy(() -> store.get(KEY + "b", soon())).isInstanceOf(StoreException.Unreadable.class);
    }

    @Test
    void secretboxAgreesWithOtherImplementations() throws GeneralSecurityException {
        byte[] key = new byte[32];
        byte[] nonce = new byte[24];
        byte[] message = new byte[64];
        Arrays.fill(key, (byte) 1);
        Arrays.fill(nonce, (byte) 2);
        Arrays.fill(message, (byte) 3);
        var box = new SecretBox(key);
        byte[] sealed = box.seal(message, nonce);
        assertThat(HexFormat.of().formatHex(sealed, 24, sealed.length))
                .isEqualTo("8442bc313f4626f1359e3b50122b6ce6fe66ddfe7d39d14e637eb4fd5b45beadab55198df6ab5368439792a23c8"
                        + "7db70acb6156dc5ef957ac04f6276cf6093b84be77ff0849cc33e34b7254d5a8f65ad");
        assertThat(box.decrypt(sealed, new byte[0])).isEqualTo(message);
        sealed[50] ^= 1;
        assertThatThrownBy(() -> box.decrypt(sealed, new byte[0])).isInstanceOf(GeneralSecurityException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "'secrets', secrets, true",
        "'secrets', configmaps, false",
        "'deployments.apps', deployments.apps, true",
        "'deployments', deployments.apps, false",
        "'\"*.apps\"', deployments.apps, true",
        "'\"*.\"', secrets, true",
        "'\"*.\"', deployments.apps, false",
        "'\"*.*\"', cups.tea.example.com, true"
    })
    void wildcardsNameGroupsOrEverything(String resources, String resource, boolean encrypted) throws IOException {
        assertThat(configuration(resources, "{identity: {}}").keys(resource).isPresent())
                .isEqualTo(encrypted);
    }

    @ParameterizedTest
    @CsvSource({
        "/registry/secrets/default/a, secrets",
        "/registry/services/specs/default/a, services",
        "/registry/tea.example.com/cups/default/a, cups.tea.example.com",
        "/registry/ranges/serviceips, ''",
        "/other, ''"
    })
    void keysTellTheirResource(String key, String resource) {
        assertThat(RESOURCES.of(key)).isEqualTo(resource);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{kind: Pod}|got unexpected config type: Pod",
                "{kind: EncryptionConfiguration}|resources: Required value",
                "{kind: EncryptionConfiguration, resources: [{resources: [secrets]}]}|resources[0].providers: Required",
                "{kind: EncryptionConfiguration, resources: [{resources: [secrets], providers: [{aescbc: {keys: [{name:"
                        + " a, secret: '!'}]}}]}]}|secret must be base64 encoded",
                "{kind: EncryptionConfiguration, resources: [{resources: [secrets], providers: [{aescbc: {keys: [{name:"
                        + " a, secret: YWJj}]}}]}]}|secret is not of the expected length, got 3, expected one of",
                "{kind: EncryptionConfiguration, resources: [{resources: [secrets], providers: [{kms: {}}]}]}"
                        + "|this server calls no key management services",
                "{kind: EncryptionConfiguration, resources: [{resources: ['*'], providers: [{identity: {}}]}]}"
                        + "|resources[0].resources: Invalid value: \"*\""
            })
    void wrongConfigurationsSayWhatIsWrongWithoutTheKey(String yaml, String problem) {
        assertThatThrownBy(() -> EncryptionConfiguration.parse(yaml.getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining(problem)
                .hasMessageNotContaining("YWJj");
    }
}
