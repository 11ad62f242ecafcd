package io.jubernetes.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.aggregation.ApiServices.Entry;
import io.jubernetes.apiserver.aggregation.Routes.Condition;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What other servers tell of themselves: which resources they have, and their OpenAPI documents. The last answers are
/// kept, also while a server is away. Thread-safe.
public final class RemoteDocuments {
    private static final Duration CHECK = Duration.ofSeconds(5);
    private static final Duration LOAD = Duration.ofSeconds(30);
    private static final String JSON = "application/json";

    private final BackendClient client;
    private final Map<String, Told> byName = new ConcurrentHashMap<>();

    /// @param resources as `/apis/GROUP/VERSION` lists them
    /// @param v2 the whole OpenAPI document of version 2; null when there is none
    /// @param v3 the address of the version's OpenAPI document of version 3; null when there is none
    private record Told(
            String uid,
            JsonNode resources,
            @Nullable JsonNode v2,
            @Nullable String v3,
            long stamp) {}

    public RemoteDocuments(BackendClient client) {
        this.client = client;
    }

    /// Forgets servers that are not registered any more.
    void retain(List<Entry> present) {
        var uids = present.stream().map(Entry::uid).collect(Collectors.toSet());
        byName.values().removeIf(told -> !uids.contains(told.uid()));
    }

    /// Asks a server whether it answers for its version, and keeps what it tells.
    Condition refresh(Entry entry) {
        HttpResponse<byte[]> answer;
        String url = "https://" + entry.name();
        try {
            url = client.address(java.util.Objects.requireNonNull(entry.backend())) + entry.path();
            answer = client.get(entry, entry.path(), JSON, CHECK);
            if (answer.statusCode() < 200 || answer.statusCode() >= 300) {
                throw new IOException("bad status from " + url + ": " + answer.statusCode());
            }
        } catch (IOException e) {
            return Condition.no(
                    "FailedDiscoveryCheck", "failing or missing response from " + url + ": " + e.getMessage());
        }
        try {
            JsonNode resources = Json.read(answer.body());
            JsonNode v2 = load(entry, "/openapi/v2");
            JsonNode v3 = load(entry, "/openapi/v3");
            String address = v3 == null
                    ? null
                    : v3.path("paths")
                            .path(entry.path().substring(1))
                            .path("serverRelativeURL")
                            .textValue();
            Told before = byName.get(entry.name());
            boolean same = before != null
                    && before.uid().equals(entry.uid())
                    && before.resources().equals(resources)
                    && java.util.Objects.equals(before.v2(), v2);
            long stamp = before == null ? 1 : same ? before.stamp() : before.stamp() + 1;
            byName.put(entry.name(), new Told(entry.uid(), resources, v2, address, stamp));
        } catch (IOException e) {
            // It answers, if not in a form that can be shown: requests are passed on all the same.
            byName.remove(entry.name());
        }
        return new Condition(true, "Passed", "all checks passed");
    }

    private @Nullable JsonNode load(Entry entry, String path) {
        try {
            HttpResponse<byte[]> answer = client.get(entry, path, JSON, LOAD);
            return answer.statusCode() == 200 ? Json.read(answer.body()) : null;
        } catch (IOException e) {
            return null;
        }
    }

    private Optional<Told> told(Entry entry) {
        return Optional.ofNullable(byName.get(entry.name()))
                .filter(known -> known.uid().equals(entry.uid()));
    }

    /// The version as aggregated discovery shows it.
    public ObjectNode discovered(Entry entry) {
        ObjectNode version = Json.object();
        version.put("version", entry.version());
        var list = version.putArray("resources");
        Optional<Told> told = told(entry);
        told.ifPresent(known -> AggregatedForm.of(known.resources(), entry.group(), entry.version())
                .forEach(list::add));
        version.put("freshness", told.isPresent() && entry.available() ? "Current" : "Stale");
        return version;
    }

    /// The address, below this server, of the version's OpenAPI document of version 3.
    public Optional<String> openApiV3(Entry entry) {
        return told(entry).map(Told::v3);
    }

    /// The server's OpenAPI document of version 2.
    public Optional<JsonNode> openApiV2(Entry entry) {
        return told(entry).map(Told::v2);
    }

    /// Changes when any document of version 2 does.
    public String stamp(List<Entry> entries) {
        return entries.stream()
                .map(entry -> entry.uid() + ":" + told(entry).map(Told::stamp).orElse(0L))
                .collect(Collectors.joining(" "));
    }
}
