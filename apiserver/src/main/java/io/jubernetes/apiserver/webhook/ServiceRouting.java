package io.jubernetes.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.webhook.WebhookClient.Address;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// Finds a ready endpoint behind a service; the service's own address when it has none. So the API
/// server needs no service proxy on its machine. Thread-safe.
public final class ServiceRouting implements WebhookClient.ServiceAddresses {
    private final ObjectStorage storage;
    private final ApiResource services;
    private final ApiResource slices;

    public ServiceRouting(ResourceCatalog catalog, ObjectStorage storage) {
        this.storage = storage;
        services = catalog.require("v1", "services");
        slices = catalog.require("discovery.k8s.io/v1", "endpointslices");
    }

    @Override
    public Address find(String namespace, String name, int port) throws IOException {
        ObjectNode service = storage.cached(services, namespace, name)
                .map(Loaded::object)
                .orElseThrow(() -> new IOException("service " + Json.text(name) + " not found"));
        JsonNode spec = service.path("spec");
        if (spec.path("type").asText("").equals("ExternalName")) {
            return new Address(spec.path("externalName").asText(), port);
        }
        JsonNode servicePort = port(spec, name, port);
        List<Address> endpoints =
                endpoints(namespace, name, servicePort.path("name").asText(""));
        if (!endpoints.isEmpty()) {
            return endpoints.get(ThreadLocalRandom.current().nextInt(endpoints.size()));
        }
        String address = spec.path("clusterIP").asText("");
        if (address.isEmpty() || address.equals("None")) {
            throw new IOException("cannot route to service with ClusterIP \"None\"");
        }
        return new Address(address, port);
    }

    private static JsonNode port(JsonNode spec, String name, int port) throws IOException {
        for (JsonNode candidate : spec.path("ports")) {
            if (candidate.path("port").asInt() == port) {
                return candidate;
            }
        }
        throw new IOException("no service port " + port + " found for service " + Json.text(name));
    }

    private List<Address> endpoints(String namespace, String service, String portName) throws IOException {
        List<Address> found = new ArrayList<>();
        Iterator<CachedObject> all = storage.cache(slices).snapshot().range(slices.keyPrefix(namespace), null);
        while (all.hasNext()) {
            CachedObject slice = all.next();
            if (service.equals(slice.labels().get("kubernetes.io/service-name"))) {
                add(found, Json.read(slice.storedJson()), portName);
            }
        }
        return found;
    }

    private static void add(List<Address> found, JsonNode slice, String portName) {
        for (JsonNode port : slice.path("ports")) {
            if (!portName.equals(port.path("name").asText(""))) {
                continue;
            }
            for (JsonNode endpoint : slice.path("endpoints")) {
                if (endpoint.path("conditions").path("ready").asBoolean(true)) {
                    found.add(new Address(
                            endpoint.path("addresses").path(0).asText(),
                            port.path("port").asInt()));
                }
            }
        }
    }
}
