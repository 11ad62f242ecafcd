package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.webhook.WebhookClient;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// Makes the converters of definitions: relabelling, or a webhook that is asked to convert. What a
/// webhook answers is not trusted: it may change neither the number of objects nor their identity.
/// Thread-safe.
public final class ConversionWebhooks {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int MAX_ANSWER = 64 << 20;

    private final WebhookClient client;

    public ConversionWebhooks(WebhookClient client) {
        this.client = client;
    }

    Converter converter(JsonNode definition) {
        JsonNode conversion = definition.path("spec").path("conversion");
        if (!conversion.path("strategy").asText("None").equals("Webhook")) {
            return Converter.RELABEL;
        }
        String kind = definition.path("spec").path("names").path("kind").asText();
        String name = Meta.name(definition);
        return (objects, apiVersion) -> convert(conversion.path("webhook"), name, kind, objects, apiVersion);
    }

    private List<ObjectNode> convert(
            JsonNode webhook, String definition, String kind, List<ObjectNode> objects, String apiVersion) {
        List<ObjectNode> asked = objects.stream()
                .filter(object -> !object.path("apiVersion").asText("").equals(apiVersion))
                .toList();
        if (asked.isEmpty()) {
            return objects;
        }
        String prefix =
                "conversion webhook for " + asked.getFirst().path("apiVersion").asText("") + ", Kind=" + kind;
        String review = reviewVersion(webhook.path("conversionReviewVersions"));
        String uid = UUID.randomUUID().toString();
        JsonNode answer;
        try {
            answer = client.post(new WebhookClient.Call(
                    "conversion/" + definition,
                    webhook.path("clientConfig"),
                    request(review, uid, asked, apiVersion),
                    TIMEOUT,
                    MAX_ANSWER));
        } catch (IOException e) {
            throw ApiException.plain(500, prefix + " failed: " + e.getMessage());
        }
        List<ObjectNode> converted = checked(prefix, answer.path("response"), uid, asked, apiVersion);
        List<ObjectNode> result = new ArrayList<>(objects.size());
        int next = 0;
        for (ObjectNode object : objects) {
            boolean done = object.path("apiVersion").asText("").equals(apiVersion);
            result.add(done ? object : converted.get(next++));
        }
        return result;
    }

    private static String reviewVersion(JsonNode versions) {
        for (JsonNode version : versions) {
            if (version.asText().equals("v1") || version.asText().equals("v1beta1")) {
                return version.asText();
            }
        }
        return "v1";
    }

    private static ObjectNode request(String version, String uid, List<ObjectNode> objects, String apiVersion) {
        ObjectNode review = Json.object();
        review.put("kind", "ConversionReview").put("apiVersion", "apiextensions.k8s.io/" + version);
        ObjectNode request = review.putObject("request");
        request.put("uid", uid).put("desiredAPIVersion", apiVersion);
        ArrayNode list = request.putArray("objects");
        objects.forEach(list::add);
        return review;
    }

    private static List<ObjectNode> checked(
            String prefix, JsonNode response, String uid, List<ObjectNode> asked, String apiVersion) {
        if (!response.path("uid").asText("").equals(uid)) {
            throw refused(prefix, "expected response.uid=" + Json.text(uid));
        }
        if (!response.path("result").path("status").asText("").equals("Success")) {
            String why = response.path("result").path("message").asText("");
            throw ApiException.plain(500, prefix + " failed: " + (why.isEmpty() ? "no reason given" : why));
        }
        JsonNode objects = response.path("convertedObjects");
        if (objects.size() != asked.size()) {
            throw refused(prefix, "returned " + objects.size() + " objects, expected " + asked.size());
        }
        List<ObjectNode> result = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            if (!(objects.get(i) instanceof ObjectNode converted)
                    || !converted.path("apiVersion").asText("").equals(apiVersion)) {
                throw refused(prefix, "invalid converted object at index " + i + ": invalid groupVersion");
            }
            result.add(restored(prefix, i, asked.get(i), converted));
        }
        return result;
    }

    private static ApiException refused(String prefix, String why) {
        return ApiException.plain(500, prefix + " returned invalid response: " + why);
    }

    /// A webhook may change labels and annotations of an object's metadata, and nothing else of it.
    private static ObjectNode restored(String prefix, int index, ObjectNode original, ObjectNode converted) {
        if (!Meta.name(original).equals(Meta.name(converted))
                || !Meta.namespace(original).equals(Meta.namespace(converted))
                || !Meta.uid(original).equals(Meta.uid(converted))
                || !original.path("kind").equals(converted.path("kind"))) {
            throw refused(prefix, "invalid converted object at index " + index + ": invalid metadata");
        }
        ObjectNode meta = Meta.of(original).deepCopy();
        for (String field : List.of("labels", "annotations")) {
            JsonNode given = converted.path("metadata").get(field);
            if (given == null) {
                meta.remove(field);
            } else {
                meta.set(field, given);
            }
        }
        converted.set("metadata", meta);
        return converted;
    }
}
