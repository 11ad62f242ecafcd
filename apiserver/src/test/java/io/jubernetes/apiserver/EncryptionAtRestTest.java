package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.storage.etcd.EtcdProcess;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a real server leaves on the disk when secrets are encrypted, while its keys change.
class EncryptionAtRestTest {
    private static final String SECRETS = "/api/v1/namespaces/default/secrets";
    private static final String PLAIN = "the-plain-words-of-a-password";

    @TempDir
    Path folder;

    /// Puts the keys into the configuration, the one to write with first.
    private void keys(String... names) throws IOException {
        StringBuilder keys = new StringBuilder();
        for (String name : names) {
            byte[] key = Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), 32);
            keys.append("{name: ").append(name).append(", secret: ");
            keys.append(Base64.getEncoder().encodeToString(key)).append("},");
        }
        Files.writeString(folder.resolve("encryption.yaml"), """
                apiVersion: apiserver.config.k8s.io/v1
                kind: EncryptionConfiguration
                resources: [{resources: [secrets], providers: [{aescbc: {keys: [%s]}}]}]
                """.formatted(keys));
    }

    private LiveServer start(List<String> storage) throws Exception {
        List<String> flags = new ArrayList<>(storage);
        flags.add("--encryption-provider-config=" + folder.resolve("encryption.yaml"));
        return LiveServer.start(folder, flags.toArray(String[]::new));
    }

    /// Whether a file of the store has some text in it.
    private boolean onDisk(String text) throws IOException {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                        .contains(new String(wanted, StandardCharsets.ISO_8859_1))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String password(LiveServer server) throws IOException, InterruptedException {
        JsonNode secret = server.get(SECRETS + "/s");
        return new String(Base64.getDecoder().decode(secret.at("/data/password").asText()), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"embedded", "etcd"})
    void secretsAreUnreadableInTheStoreAndOutliveAChangeOfKeys(String backend) throws Exception {
        EtcdProcess etcd = backend.equals("etcd") ? EtcdProcess.started(folder) : null;
        List<String> storage =
                etcd == null ? List.of() : List.of("--storage-backend=ETCD", "--etcd-servers=" + etcd.endpoint());
        try {
            keys("first");
            try (LiveServer server = start(storage)) {
                server.create(SECRETS, "{metadata: {name: s}, stringData: {password: " + PLAIN + "}}");
                server.create(
                        "/api/v1/namespaces/default/configmaps", "{metadata: {name: c}, data: {open: to-all-readers}}");
                assertThat(password(server)).isEqualTo(PLAIN);
            }
            assertThat(onDisk("to-all-readers")).isTrue();
            assertThat(onDisk("k8s:enc:aescbc:v1:first:")).isTrue();
            String encoded = Base64.getEncoder().encodeToString(PLAIN.getBytes(StandardCharsets.UTF_8));
            assertThat(onDisk(PLAIN) || onDisk(encoded)).isFalse();

            keys("second", "first");
            try (LiveServer server = start(storage)) {
                assertThat(password(server)).isEqualTo(PLAIN);
                // A write without a change brings the value under the new key.
                HttpResponse<String> same =
                        server.send(LiveServer.ADMIN, "PUT", SECRETS + "/s", Json.text(server.get(SECRETS + "/s")));
                assertThat(same.statusCode()).isEqualTo(200);
            }
            assertThat(onDisk("k8s:enc:aescbc:v1:second:")).isTrue();

            keys("second");
            try (LiveServer server = start(storage)) {
                assertThat(password(server)).isEqualTo(PLAIN);
            }
            assertThat(onDisk(PLAIN) || onDisk(encoded)).isFalse();

            keys("third");
            try (LiveServer server = start(storage)) {
                for (String path : List.of(SECRETS, SECRETS + "/s", "/api/v1/secrets?limit=1")) {
                    HttpResponse<String> answer = server.send(LiveServer.ADMIN, "GET", path, null);
                    assertThat(answer.statusCode()).as(path).isEqualTo(500);
                    assertThat(Json.parse(answer.body()).path("message").asText())
                            .isEqualTo("Internal error occurred: unable to transform key"
                                    + " \"/registry/secrets/default/s\": no matching prefix found");
                }
                assertThat(server.send(LiveServer.ADMIN, "GET", SECRETS + "/other", null)
                                .statusCode())
                        .isEqualTo(404);
                assertThat(server.send(LiveServer.ADMIN, "GET", "/api/v1/namespaces/kube-system/secrets", null)
                                .statusCode())
                        .isEqualTo(200);
            }
        } finally {
            if (etcd != null) {
                etcd.close();
            }
        }
    }
}
