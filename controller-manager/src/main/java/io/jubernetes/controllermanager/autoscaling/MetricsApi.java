package io.jubernetes.controllermanager.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.controllermanager.autoscaling.ReplicaCalculator.Sample;
import io.jubernetes.controllermanager.workload.Times;
import java.net.HttpURLConnection;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads measured values from the three aggregated metrics APIs. Amounts are thousandths.
final class MetricsApi {
    private static final Duration DEFAULT_WINDOW = Duration.ofSeconds(30);

    private final RawApi api;

    MetricsApi(RawApi api) {
        this.api = api;
    }

    /// What pods use of a resource, by the pod's name; pods of which a container is missing are left out.
    ///
    /// @param selector in the form of a query
    /// @param container this one only, empty for all
    Map<String, Sample> resource(String namespace, String selector, String resource, String container) {
        JsonNode list;
        try {
            list = api.get(
                    "/apis/metrics.k8s.io/v1beta1/namespaces/" + namespace + "/pods?labelSelector=" + encode(selector));
        } catch (KubernetesClientException e) {
            String why = e.getCode() == HttpURLConnection.HTTP_NOT_FOUND
                    ? "the server could not find the requested resource (get pods.metrics.k8s.io)"
                    : Failures.message(e);
            throw new IllegalStateException(
                    "unable to get metrics for resource " + resource
                            + ": unable to fetch metrics from resource metrics API: " + why,
                    e);
        }
        var samples = new HashMap<String, Sample>();
        for (JsonNode pod : list.path("items")) {
            long sum = 0;
            boolean found = false;
            boolean complete = true;
            for (JsonNode each : pod.path("containers")) {
                if (!container.isEmpty() && !container.equals(each.path("name").asText())) {
                    continue;
                }
                JsonNode usage = each.path("usage").path(resource);
                complete &= !usage.isMissingNode();
                if (!usage.isMissingNode()) {
                    sum += milli(usage.asText());
                    found = true;
                }
            }
            if (found && complete) {
                samples.put(pod.path("metadata").path("name").asText(), sample(pod, sum));
            }
        }
        return samples;
    }

    /// A metric of each pod, by the pod's name.
    Map<String, Sample> pods(String namespace, String selector, String metric, @Nullable LabelSelector metricSelector) {
        JsonNode list = api.get("/apis/custom.metrics.k8s.io/v1beta2/namespaces/" + namespace + "/pods/*/"
                + encode(metric) + "?labelSelector=" + encode(selector) + metricLabels(metricSelector));
        var samples = new HashMap<String, Sample>();
        for (JsonNode item : list.path("items")) {
            samples.put(
                    item.path("describedObject").path("name").asText(),
                    sample(item, milli(item.path("value").asText())));
        }
        return samples;
    }

    /// A metric of one object.
    ///
    /// @param resource the object's, such as `services` or `ingresses.networking.k8s.io`
    long object(String namespace, String resource, String name, String metric, @Nullable LabelSelector metricSelector) {
        JsonNode list = api.get(
                "/apis/custom.metrics.k8s.io/v1beta2/namespaces/" + namespace + "/" + resource + "/" + name + "/"
                        + encode(metric) + "?" + metricLabels(metricSelector).replaceFirst("^&", ""));
        JsonNode items = list.path("items");
        if (items.isEmpty()) {
            throw new IllegalStateException("unable to fetch metric " + metric + ": no values");
        }
        return milli(items.get(0).path("value").asText());
    }

    /// The sum of a metric from outside the cluster.
    long external(String namespace, String metric, @Nullable LabelSelector metricSelector) {
        JsonNode list = api.get("/apis/external.metrics.k8s.io/v1beta1/namespaces/" + namespace + "/" + encode(metric)
                + "?labelSelector=" + encode(text(metricSelector)));
        JsonNode items = list.path("items");
        if (items.isEmpty()) {
            throw new IllegalStateException("no metrics returned from external metrics API");
        }
        long sum = 0;
        for (JsonNode item : items) {
            sum += milli(item.path("value").asText());
        }
        return sum;
    }

    private static Sample sample(JsonNode item, long milli) {
        Instant at = Times.parse(item.path("timestamp").asText()).orElse(Instant.EPOCH);
        Duration window = DEFAULT_WINDOW;
        String text = item.path("window").asText("");
        if (text.matches("[0-9.]+s")) {
            window = Duration.ofMillis((long) (1000 * Double.parseDouble(text.substring(0, text.length() - 1))));
        } else if (item.path("windowSeconds").isNumber()) {
            window = Duration.ofSeconds(item.path("windowSeconds").asLong());
        }
        return new Sample(milli, at, window);
    }

    private static long milli(String quantity) {
        return Quantity.parse(quantity).toMilli();
    }

    private static String metricLabels(@Nullable LabelSelector selector) {
        String text = text(selector);
        return text.isEmpty() ? "" : "&metricLabelSelector=" + encode(text);
    }

    /// A selector in the form of a query.
    static String text(@Nullable LabelSelector selector) {
        if (selector == null) {
            return "";
        }
        List<String> parts = new ArrayList<>();
        if (selector.getMatchLabels() != null) {
            selector.getMatchLabels().forEach((key, value) -> parts.add(key + "=" + value));
        }
        for (LabelSelectorRequirement each : selector.getMatchExpressions()) {
            parts.add(
                    switch (each.getOperator()) {
                        case "In" -> each.getKey() + " in (" + String.join(",", each.getValues()) + ")";
                        case "NotIn" -> each.getKey() + " notin (" + String.join(",", each.getValues()) + ")";
                        case "DoesNotExist" -> "!" + each.getKey();
                        default -> each.getKey();
                    });
        }
        return String.join(",", parts);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
