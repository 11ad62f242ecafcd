package io.jubernetes.apiserver.registry.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.IpAddress;
import io.jubernetes.apiserver.validation.IpRules;
import io.jubernetes.apiserver.validation.MetadataRules;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Endpoint slices.
public final class EndpointSliceStrategy extends CheckedStrategy {
    private static final int MAX_ENDPOINTS = 1000;
    private static final int MAX_ADDRESSES = 100;
    private static final int MAX_PORTS = 20_000;
    private static final int MAX_HINTS = 8;
    private static final int SHOWN = 3;
    private static final List<String> TYPES = List.of("FQDN", "IPv4", "IPv6");
    private static final Table TABLE = Columns.named()
            .text("AddressType", slice -> slice.path("addressType").asText(""))
            .text("Ports", EndpointSliceStrategy::ports)
            .text("Endpoints", EndpointSliceStrategy::endpoints)
            .age();

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public boolean desiredStateChanged(ObjectNode slice, ObjectNode old) {
        // Compared before fields are dropped, see prepareForUpdate.
        return false;
    }

    private static boolean differs(ObjectNode slice, ObjectNode old) {
        ObjectNode left = slice.deepCopy();
        ObjectNode right = old.deepCopy();
        left.remove("metadata");
        right.remove("metadata");
        return !Meta.same(left, right)
                || !Meta.same(
                        slice.path("metadata").path("labels"),
                        old.path("metadata").path("labels"));
    }

    @Override
    public void applyDefaults(ObjectNode slice) {
        for (ObjectNode port : Meta.items(slice, "ports")) {
            if (!port.hasNonNull("name")) {
                port.put("name", "");
            }
            Meta.defaultTo(port, "protocol", "TCP");
        }
    }

    @Override
    public void prepareForCreate(ObjectNode slice) {
        // The former field says nothing that v1 has no field for; it only stays where it is already.
        Meta.items(slice, "endpoints").forEach(endpoint -> endpoint.remove("deprecatedTopology"));
    }

    @Override
    public void prepareForUpdate(ObjectNode slice, ObjectNode old) {
        if (differs(slice, old)) {
            Meta.of(slice).put("generation", Meta.generation(old) + 1);
        }
        boolean had = Meta.items(old, "endpoints").stream().anyMatch(endpoint -> endpoint.has("deprecatedTopology"));
        if (!had) {
            prepareForCreate(slice);
        }
    }

    @Override
    protected void check(Field slice) {
        Field type = slice.get("addressType");
        if (type.isEmpty()) {
            type.required("");
        } else {
            type.requireOneOf(TYPES);
        }
        Field endpoints = slice.get("endpoints");
        if (endpoints.items().size() > MAX_ENDPOINTS) {
            endpoints.tooMany(endpoints.items().size(), MAX_ENDPOINTS);
        } else {
            endpoints.items().forEach(endpoint -> checkEndpoint(endpoint, type.text()));
        }
        checkPorts(slice.get("ports"));
    }

    private static void checkEndpoint(Field endpoint, String type) {
        Field addresses = endpoint.get("addresses");
        int count = addresses.items().size();
        if (count == 0) {
            addresses.required("must contain at least 1 address");
        } else if (count > MAX_ADDRESSES) {
            addresses.tooMany(count, MAX_ADDRESSES);
        }
        addresses.items().forEach(address -> checkAddress(addresses, address, type));
        if (endpoint.get("nodeName").isSet()) {
            endpoint.get("nodeName").requireForm(NameRules::subdomain);
        }
        MetadataRules.labels(
                        Meta.strings(endpoint.get("deprecatedTopology").value()),
                        endpoint.get("deprecatedTopology").path())
                .forEach(endpoint::report);
        if (endpoint.get("hostname").isSet()) {
            endpoint.get("hostname").requireForm(NameRules::label);
        }
        Field hints = endpoint.get("hints");
        checkHints(hints.get("forZones"), NameRules::labelValue);
        checkHints(hints.get("forNodes"), NameRules::subdomain);
    }

    private static void checkAddress(Field addresses, Field address, String type) {
        switch (type) {
            case "IPv4", "IPv6" -> {
                Optional<IpAddress> ip = IpRules.address(address);
                if (ip.isPresent()) {
                    if (ip.get().isIpv6() != type.equals("IPv6")) {
                        addresses.invalid(address.text(), "must be an " + type + " address");
                    }
                    IpRules.endpoint(address);
                }
            }
            case "FQDN" -> checkDomain(address);
            default -> {
                // The type itself has been refused.
            }
        }
    }

    private static void checkDomain(Field address) {
        if (address.text().isEmpty()) {
            address.required("");
            return;
        }
        String name = address.text().endsWith(".")
                ? address.text().substring(0, address.text().length() - 1)
                : address.text();
        List<String> problems = NameRules.subdomain(name);
        address.invalid(problems);
        if (problems.isEmpty() && !name.contains(".")) {
            address.invalid("should be a domain with at least two segments separated by dots");
        }
    }

    private static void checkHints(Field hints, Function<String, List<String>> form) {
        if (hints.items().size() > MAX_HINTS) {
            hints.tooMany(hints.items().size(), MAX_HINTS);
            return;
        }
        Set<String> seen = new HashSet<>();
        for (Field hint : hints.items()) {
            Field name = hint.get("name");
            if (!seen.add(name.text())) {
                name.duplicate(name.text());
            }
            name.requireForm(form);
        }
    }

    private static void checkPorts(Field ports) {
        if (ports.items().size() > MAX_PORTS) {
            ports.tooMany(ports.items().size(), MAX_PORTS);
            return;
        }
        Set<String> seen = new HashSet<>();
        for (Field port : ports.items()) {
            Field name = port.get("name");
            if (!name.isEmpty()) {
                name.requireForm(NameRules::label);
            }
            if (!seen.add(name.text())) {
                name.duplicate(name.text());
            }
            if (port.get("protocol").isSet()) {
                port.get("protocol").requireOneOf(List.of("SCTP", "TCP", "UDP"));
            } else {
                port.get("protocol").required("");
            }
            if (port.get("appProtocol").isSet()) {
                port.get("appProtocol").requireForm(NameRules::qualifiedName);
            }
        }
    }

    @Override
    protected void checkUpdate(Field slice, Field old) {
        slice.get("addressType").requireSame(old.get("addressType"));
    }

    @Override
    public List<String> warnings(ObjectNode slice) {
        if (slice.path("addressType").asText("").equals("FQDN")) {
            return List.of("spec.addressType: FQDN endpoints are deprecated");
        }
        List<String> warnings = new ArrayList<>();
        for (Field endpoint : Field.root(slice).get("endpoints").items()) {
            endpoint.get("addresses").items().forEach(address -> warnings.addAll(IpRules.addressWarnings(address)));
        }
        return warnings;
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String ports(JsonNode slice) {
        List<String> ports = new ArrayList<>();
        for (JsonNode port : slice.path("ports")) {
            ports.add(port.hasNonNull("port") ? port.path("port").asText() : "*");
        }
        return ports.isEmpty() ? "<unset>" : Columns.some(ports, SHOWN);
    }

    private static String endpoints(JsonNode slice) {
        List<String> addresses = new ArrayList<>();
        for (JsonNode endpoint : slice.path("endpoints")) {
            endpoint.path("addresses").forEach(address -> addresses.add(address.asText()));
        }
        return addresses.isEmpty() ? "<unset>" : Columns.some(addresses, SHOWN);
    }
}
