package io.jubernetes.controllermanager.storageversion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/// Storage versions are an alpha API of upstream's that few API servers serve; where there is none, this controller has
/// nothing to do. An API server is there as long as its identity Lease is.
public final class StorageVersionController {
    private static final String GROUP_VERSION = "internal.apiserver.k8s.io/v1alpha1";
    private static final String RESOURCE = "storageversions";
    private static final String LEASES = "kube-system";
    private static final String IDENTITY = "apiserver.kubernetes.io/identity";
    private static final String EQUAL = "AllEncodingVersionsEqual";
    private static final Duration PERIOD = Duration.ofMinutes(10);

    private final ControllerContext context;
    private final Informed<Lease> servers;

    private StorageVersionController(ControllerContext context) {
        this.context = context;
        this.servers = context.informers()
                .of(
                        Lease.class,
                        "API servers",
                        client -> client.resources(Lease.class)
                                .inNamespace(LEASES)
                                .withLabel(IDENTITY, "kube-apiserver"));
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new StorageVersionController(context);
        WorkQueue<String> queue = context.queue(name);
        queue.add("all");
        controller.servers.listen((_, after) -> {
            if (after == null) {
                queue.add("all");
            }
        });
        return Controller.of(context.runner(name, queue, (_, _) -> controller.collect(), 1));
    }

    private Result collect() {
        JsonNode list;
        try {
            list = context.raw().get(RawApi.path(GROUP_VERSION, RESOURCE, "", ""));
        } catch (KubernetesClientException e) {
            // Not served; nobody is allowed to read what is not.
            if (e.getCode() == 404 || e.getCode() == 403) {
                return Result.again(PERIOD);
            }
            throw e;
        }
        for (JsonNode each : list.path("items")) {
            tend((ObjectNode) each);
        }
        return Result.again(PERIOD);
    }

    private void tend(ObjectNode version) {
        JsonNode reports = version.path("status").path("storageVersions");
        ArrayNode left =
                without(reports, id -> servers.find(new ObjectKey(LEASES, id)).isEmpty());
        if (left.size() == reports.size()) {
            return;
        }
        String path = RawApi.path(
                GROUP_VERSION, RESOURCE, "", version.at("/metadata/name").asText());
        try {
            if (left.isEmpty()) {
                var options = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1");
                options.putObject("preconditions")
                        .put("uid", version.at("/metadata/uid").asText());
                context.raw().delete(path, options);
            } else {
                version.set("status", status(left, version.path("status").path("conditions"), context));
                context.raw().put(path + "/status", version);
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    /// The reports of the API servers that are still there.
    static ArrayNode without(JsonNode reports, Predicate<String> isGone) {
        ArrayNode left = Json.MAPPER.createArrayNode();
        for (JsonNode report : reports) {
            if (!isGone.test(report.path("apiServerID").asText())) {
                left.add(report);
            }
        }
        return left;
    }

    /// What follows from the reports: the version all encode in, if they agree.
    private static ObjectNode status(ArrayNode reports, JsonNode before, ControllerContext context) {
        Set<String> encodings = new HashSet<>();
        reports.forEach(report -> encodings.add(report.path("encodingVersion").asText()));
        boolean equal = encodings.size() == 1;
        ObjectNode status = Json.object();
        status.set("storageVersions", reports);
        if (equal) {
            status.put("commonEncodingVersion", encodings.iterator().next());
        }
        String value = equal ? "True" : "False";
        String since = Times.now(context.clock());
        for (JsonNode condition : before) {
            boolean same = EQUAL.equals(condition.path("type").asText())
                    && value.equals(condition.path("status").asText());
            since = same ? condition.path("lastTransitionTime").asText(since) : since;
        }
        status.putArray("conditions")
                .addObject()
                .put("type", EQUAL)
                .put("status", value)
                .put("reason", equal ? "CommonEncodingVersionSet" : "CommonEncodingVersionUnset")
                .put("message", equal ? "Common encoding version set" : "Common encoding version unset")
                .put("lastTransitionTime", since);
        return status;
    }
}
