package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Sends a real server what no client should: broken bodies, paths, queries, patches, selectors and tokens. It answers
/// each in time, never breaks, and changes nothing that it was not asked to. Everything comes from a seed, so a failure
/// can be repeated.
class ApiServerFuzzTest {
    private static final int REQUESTS_A_SEED = 120;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String NAMESPACE = "/api/v1/namespaces/fuzz";
    private static final List<String> OBJECTS = List.of(
            NAMESPACE + "/configmaps/canary",
            NAMESPACE + "/services/canary",
            "/apis/apps/v1/namespaces/fuzz/deployments/canary");
    private static final List<String> COLLECTIONS = List.of(
            NAMESPACE + "/configmaps",
            "/api/v1/pods",
            NAMESPACE + "/services",
            "/apis/apps/v1/namespaces/fuzz/deployments",
            "/apis/apps/v1/deployments",
            "/api/v1/namespaces");
    private static final List<String> TYPES = List.of(
            "application/json",
            "application/yaml",
            "application/vnd.kubernetes.protobuf",
            "application/json-patch+json",
            "application/merge-patch+json",
            "application/strategic-merge-patch+json",
            "application/apply-patch+yaml",
            "text/plain",
            "");
    private static final List<String> ACCEPTS = List.of(
            "application/json",
            "application/yaml",
            "application/vnd.kubernetes.protobuf",
            "application/json;as=Table;v=v1;g=meta.k8s.io",
            "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
            "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
            "*/*;q=x, ;;, /",
            "text/html");
    private static final List<String> SEEDS_OF_BODIES = List.of(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"canary\",\"labels\":{\"a\":\"b\"}},\"data\":{\"k\":\"v\"}}",
            "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"canary\"},\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"ports\":[{\"containerPort\":80}]}]}}}}",
            "{\"spec\":{\"template\":{\"spec\":{\"$setElementOrder/containers\":[{\"name\":\"c\"}],\"containers\":[{\"name\":\"c\",\"$patch\":\"delete\"}]}}}}",
            "[{\"op\":\"replace\",\"path\":\"/data/k\",\"value\":\"w\"},{\"op\":\"copy\",\"from\":\"/metadata\",\"path\":\"/data/x\"}]",
            "{\"metadata\":{\"managedFields\":[{\"manager\":\"m\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:data\":{}}}]}}",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: canary}\ndata: {a: yes, b: *m, <<: {c: d}}\n",
            "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"preconditions\":{\"uid\":\"x\"},\"propagationPolicy\":\"Orphan\"}");

    @TempDir
    static Path folder;

    private static RunningApiServer server;

    @BeforeAll
    static void start() throws IOException, StartupException, GeneralSecurityException, InterruptedException {
        server = RunningApiServer.start(folder);
        create("/api/v1/namespaces", "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"fuzz\"}}");
        create(NAMESPACE + "/configmaps", SEEDS_OF_BODIES.get(0));
        create("/apis/apps/v1/namespaces/fuzz/deployments", SEEDS_OF_BODIES.get(1));
        create(
                NAMESPACE + "/services",
                "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"canary\"},\"spec\":{\"ports\":[{\"port\":80}]}}");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static void create(String path, String body) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = send("POST", path, "application/json", "", body.getBytes(StandardCharsets.UTF_8));
        assertThat(answer.statusCode()).as("%s: %s", path, text(answer)).isEqualTo(201);
    }

    private static HttpResponse<byte[]> send(String method, String path, String type, String accept, byte[] body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.address() + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer secret")
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        if (!accept.isEmpty()) {
            request.header("Accept", accept);
        }
        return server.client().send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void nothingBreaksAndNothingChanges(long seed) throws IOException, InterruptedException {
        List<String> before = canaries();
        var random = new Random(seed);
        for (int i = 0; i < REQUESTS_A_SEED; i++) {
            boolean writes = random.nextInt(3) > 0;
            String method = writes ? List.of("PUT", "PATCH", "POST", "DELETE").get(random.nextInt(4)) : "GET";
            String path = path(random, method);
            String query = (writes ? "dryRun=All&" : "timeoutSeconds=1&") + query(random);
            // Options in the body of a deletion take the place of those in its query, so there are none.
            byte[] body = writes && !method.equals("DELETE") ? body(random) : new byte[0];
            HttpResponse<byte[]> answer =
                    send(method, path + "?" + query, pick(random, TYPES), pick(random, ACCEPTS), body);
            assertThat(isBroken(answer))
                    .as(
                            "seed %d, request %d: %s %s?%s %s -> %d %s",
                            seed,
                            i,
                            method,
                            path,
                            query,
                            new String(body, StandardCharsets.ISO_8859_1),
                            answer.statusCode(),
                            text(answer))
                    .isFalse();
        }
        assertThat(canaries()).isEqualTo(before);
    }

    /// Whether the server has failed. A few wrong requests are answered with a plain 500 by the API's own rules; those
    /// name no reason.
    private static boolean isBroken(HttpResponse<byte[]> answer) {
        return answer.statusCode() > 500
                || answer.statusCode() == 500 && text(answer).contains("InternalError");
    }

    private static List<String> canaries() throws IOException, InterruptedException {
        List<String> all = new ArrayList<>();
        for (String path : OBJECTS) {
            HttpResponse<byte[]> answer = send("GET", path, "", "application/json", new byte[0]);
            assertThat(answer.statusCode()).isEqualTo(200);
            all.add(text(answer));
        }
        return all;
    }

    private static <T> T pick(Random random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private static String path(Random random, String method) {
        String path = method.equals("POST") || method.equals("GET") && random.nextBoolean()
                ? pick(random, COLLECTIONS)
                : pick(random, OBJECTS);
        return switch (random.nextInt(8)) {
            case 0 -> path + "/" + encoded(junk(random, 6));
            case 1 -> path + pick(random, List.of("/status", "/scale", "/finalize", "/log", "//", "/.."));
            case 2 -> path.replace("fuzz", encoded(junk(random, 4)));
            default -> path;
        };
    }

    private static String query(Random random) {
        String name = pick(
                random,
                List.of(
                        "labelSelector",
                        "fieldSelector",
                        "limit",
                        "continue",
                        "resourceVersion",
                        "resourceVersionMatch",
                        "fieldManager",
                        "fieldValidation",
                        "force",
                        "gracePeriodSeconds",
                        "propagationPolicy",
                        "pretty",
                        "watch",
                        "sendInitialEvents",
                        "includeObject"));
        String value = switch (random.nextInt(4)) {
            case 0 -> junk(random, 12);
            case 1 ->
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(("{\"v\":\"meta.k8s.io/v1\",\"rv\":" + random.nextInt(3) + ",\"start\":\""
                                        + pick(random, List.of("canary", "../x", "a/b", "")) + "\"}")
                                .getBytes(StandardCharsets.UTF_8));
            case 2 -> pick(random, List.of("Strict", "Exact", "NotOlderThan", "Background", "true", "a=b,c in (d)"));
            default -> Integer.toString(random.nextInt(20) - 10);
        };
        return name + "=" + encoded(value);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String junk(Random random, int most) {
        String alphabet = "ab0-._/=!<>(),\\\"'{}[]: \u00e9\u4e2d\u0000\u202e%";
        var text = new StringBuilder();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }

    /// A body that was good once: bytes changed, cut off, doubled, nested, or with other values in their places.
    private static byte[] body(Random random) {
        byte[] body = pick(random, SEEDS_OF_BODIES).getBytes(StandardCharsets.UTF_8);
        return switch (random.nextInt(7)) {
            case 0 -> java.util.Arrays.copyOf(body, random.nextInt(body.length));
            case 1 -> {
                for (int i = 0; i < 4; i++) {
                    body[random.nextInt(body.length)] = (byte) random.nextInt(256);
                }
                yield body;
            }
            case 2 -> ("[".repeat(2000) + "]".repeat(2000)).getBytes(StandardCharsets.UTF_8);
            case 3 -> {
                String text = new String(body, StandardCharsets.UTF_8);
                yield text.replace(
                                "\"" + pick(random, List.of("v", "b", "c", "canary", "a")) + "\"",
                                pick(
                                        random,
                                        List.of("null", "{}", "[]", "1e400", "-0", "[[]]", "{\"a\":{\"b\":[null]}}")))
                        .getBytes(StandardCharsets.UTF_8);
            }
            case 4 -> {
                byte[] message = {
                    'k', '8', 's', 0, 10, 15, 10, 2, 'v', '1', 18, 9, 'C', 'o', 'n', 'f', 'i', 'g', 'M', 'a', 'p', 18, 4
                };
                byte[] longer = java.util.Arrays.copyOf(message, message.length + 4);
                longer[message.length + random.nextInt(4)] = (byte) random.nextInt(256);
                yield longer;
            }
            case 5 -> new byte[0];
            default -> body;
        };
    }

    @Test
    void aBodyThatIsTooLargeIsRefused() throws IOException, InterruptedException {
        byte[] body = new byte[(3 << 20) + 1];
        java.util.Arrays.fill(body, (byte) ' ');
        HttpResponse<byte[]> answer = send("POST", NAMESPACE + "/configmaps", "application/json", "", body);
        assertThat(answer.statusCode()).isEqualTo(413);
        JsonNode status = Json.read(answer.body());
        assertThat(status.path("reason").asText()).isEqualTo("RequestEntityTooLarge");
    }
}
