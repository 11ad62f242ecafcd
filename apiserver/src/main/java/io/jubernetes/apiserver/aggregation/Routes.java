package io.jubernetes.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.plugins.Stored;
import io.jubernetes.apiserver.aggregation.ApiServices.Backend;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/// Where the servers behind services are reached. Thread-safe.
public final class Routes {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Stored services;
    private final Stored slices;
    private final boolean toEndpoints;

    /// @param toEndpoints whether one of a service's endpoints is chosen here, as on machines that do not know the
    ///     addresses of services
    public Routes(ObjectStorage storage, ResourceCatalog catalog, boolean toEndpoints) {
        services = new Stored(storage, catalog.require("v1", "services"));
        slices = new Stored(storage, catalog.require("discovery.k8s.io/v1", "endpointslices"));
        this.toEndpoints = toEndpoints;
    }

    /// What a condition says.
    ///
    /// @param available whether requests may be passed on
    public record Condition(boolean available, String reason, String message) {
        static Condition no(String reason, String message) {
            return new Condition(false, reason, message);
        }
    }

    /// Why a server cannot be reached as far as the cluster's objects tell; empty when it should answer.
    Optional<Condition> obstacle(Backend backend) {
        String what = "service/" + backend.service() + " in \"" + backend.namespace() + "\"";
        ObjectNode service = services.find(backend.namespace(), backend.service(), Deadline.in(PATIENCE))
                .orElse(null);
        if (service == null) {
            return Optional.of(Condition.no("ServiceNotFound", what + " is not present"));
        }
        if (isExternal(service)) {
            return Optional.empty();
        }
        Optional<String> portName = portName(service, backend.port());
        if (portName.isEmpty()) {
            return Optional.of(Condition.no("ServicePortError", what + " is not listening on port " + backend.port()));
        }
        List<ObjectNode> found = slicesOf(backend);
        if (found.isEmpty()) {
            return Optional.of(Condition.no("EndpointsNotFound", "cannot find endpointslices for " + what));
        }
        if (addresses(found, portName.get()).isEmpty()) {
            return Optional.of(Condition.no(
                    "MissingEndpoints",
                    "endpoints for " + what + " have no addresses with port name \"" + portName.get() + "\""));
        }
        return Optional.empty();
    }

    private static boolean isExternal(ObjectNode service) {
        return service.path("spec").path("type").asText("").equals("ExternalName");
    }

    private static Optional<String> portName(ObjectNode service, int port) {
        for (JsonNode each : service.path("spec").path("ports")) {
            if (each.path("port").asInt() == port) {
                return Optional.of(each.path("name").asText(""));
            }
        }
        return Optional.empty();
    }

    private List<ObjectNode> slicesOf(Backend backend) {
        return slices.in(backend.namespace()).stream()
                .filter(slice -> backend.service().equals(Meta.labels(slice).get("kubernetes.io/service-name")))
                .toList();
    }

    private static List<String> addresses(List<ObjectNode> slices, String portName) {
        List<String> addresses = new ArrayList<>();
        for (ObjectNode slice : slices) {
            for (JsonNode port : slice.path("ports")) {
                if (!port.path("name").asText("").equals(portName)) {
                    continue;
                }
                for (JsonNode endpoint : slice.path("endpoints")) {
                    if (endpoint.path("conditions").path("ready").asBoolean(true)) {
                        addresses.add(authority(
                                endpoint.path("addresses").path(0).asText(""),
                                port.path("port").asInt()));
                    }
                }
            }
        }
        return addresses;
    }

    private static String authority(String host, int port) {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /// Host and port of a server.
    ///
    /// @throws IOException when there is none; the message says why
    public String find(Backend backend) throws IOException {
        String what = "service \"" + backend.service() + "\"";
        ObjectNode service = services.find(backend.namespace(), backend.service(), Deadline.in(PATIENCE))
                .orElseThrow(() -> new IOException(what + " not found"));
        JsonNode spec = service.path("spec");
        if (isExternal(service)) {
            return authority(spec.path("externalName").asText(""), backend.port());
        }
        String address = spec.path("clusterIP").asText("");
        if (!toEndpoints && !address.isEmpty() && !address.equals("None")) {
            return authority(address, backend.port());
        }
        String name = portName(service, backend.port())
                .orElseThrow(() -> new IOException("no service port " + backend.port() + " found for " + what));
        List<String> addresses = addresses(slicesOf(backend), name);
        if (addresses.isEmpty()) {
            throw new IOException("no endpoints available for " + what);
        }
        return addresses.get(ThreadLocalRandom.current().nextInt(addresses.size()));
    }
}
