package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// Finds where `…/proxy` requests go: a pod's or an endpoint's address and port, or a node's kubelet.
final class ProxyTargets {
    private static final Set<String> SCHEMES = Set.of("http", "https");

    private final ResourceCatalog catalog;
    private final ObjectStorage storage;

    ProxyTargets(ResourceCatalog catalog, ObjectStorage storage) {
        this.catalog = catalog;
        this.storage = storage;
    }

    /// What the name in the path says: `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`, where the port may be left empty.
    record Named(String scheme, String name, String port) {
        static Named parse(ApiResource resource, String text) {
            String[] parts = text.split(":", -1);
            boolean wellFormed = parts.length == 1
                    || parts.length == 2
                    || parts.length == 3 && (parts[0].isEmpty() || SCHEMES.contains(parts[0]));
            if (!wellFormed) {
                throw ApiException.badRequest("invalid " + resource.singular() + " request \"" + text + "\"");
            }
            return switch (parts.length) {
                case 1 -> new Named("", parts[0], "");
                case 2 -> new Named("", parts[0], parts[1]);
                default -> new Named(parts[0], parts[1], parts[2]);
            };
        }
    }

    /// The base URI of a pod, such as `http://10.0.0.7:8080`.
    String pod(Call call, ApiResource pods) {
        Named named = Named.parse(pods, call.context().info().name());
        ObjectNode pod = load(call, pods, named.name());
        String address = pod.path("status").path("podIP").asText("");
        if (address.isEmpty()) {
            throw ApiException.badRequest("address not allowed");
        }
        String port = named.port();
        if (port.isEmpty()) {
            port = firstPort(pod);
        }
        return base(named.scheme(), address, port);
    }

    private static String firstPort(ObjectNode pod) {
        for (JsonNode container : pod.path("spec").path("containers")) {
            for (JsonNode port : container.path("ports")) {
                return port.path("containerPort").asText();
            }
        }
        return "";
    }

    /// The base URI of one ready endpoint of a Service, chosen at random.
    String service(Call call, ApiResource services) {
        Named named = Named.parse(services, call.context().info().name());
        ObjectNode service = load(call, services, named.name());
        String portName = portName(service, named);
        List<String> bases = new ArrayList<>();
        ApiResource slices = catalog.require("discovery.k8s.io/v1", "endpointslices");
        Iterator<CachedObject> all = storage.cache(slices)
                .latest(call.context().deadline())
                .range(slices.keyPrefix(call.context().info().namespace()), null);
        while (all.hasNext()) {
            CachedObject slice = all.next();
            if (named.name().equals(slice.labels().get("kubernetes.io/service-name"))) {
                addBases(bases, tree(slice), named.scheme(), portName);
            }
        }
        if (bases.isEmpty()) {
            throw ApiException.unavailable("no endpoints available for service \""
                    + call.context().info().name() + "\"");
        }
        return bases.get(ThreadLocalRandom.current().nextInt(bases.size()));
    }

    private static JsonNode tree(CachedObject object) {
        try {
            return Json.read(object.json());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String portName(ObjectNode service, Named named) {
        if (named.port().isEmpty()) {
            return "";
        }
        for (JsonNode port : service.path("spec").path("ports")) {
            if (named.port().equals(port.path("name").asText(""))
                    || named.port().equals(port.path("port").asText())) {
                return port.path("name").asText("");
            }
        }
        throw ApiException.unavailable(
                "no service port \"" + named.port() + "\" found for service \"" + named.name() + "\"");
    }

    private static void addBases(List<String> bases, JsonNode slice, String scheme, String portName) {
        for (JsonNode port : slice.path("ports")) {
            if (!portName.equals(port.path("name").asText(""))) {
                continue;
            }
            for (JsonNode endpoint : slice.path("endpoints")) {
                if (endpoint.path("conditions").path("ready").asBoolean(true)) {
                    bases.add(base(
                            scheme,
                            endpoint.path("addresses").path(0).asText(),
                            port.path("port").asText()));
                }
            }
        }
    }

    private static String base(String scheme, String address, String port) {
        return (scheme.isEmpty() ? "http" : scheme) + "://" + (address.contains(":") ? "[" + address + "]" : address)
                + (port.isEmpty() ? "" : ":" + port);
    }

    private ObjectNode load(Call call, ApiResource resource, String name) {
        return storage.latest(
                        resource,
                        call.context().info().namespace(),
                        name,
                        call.context().deadline())
                .orElseThrow(() -> ApiException.notFound(resource, name))
                .object();
    }
}
