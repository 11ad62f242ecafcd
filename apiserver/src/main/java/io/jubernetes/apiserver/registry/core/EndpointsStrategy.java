package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.IpRules;
import io.jubernetes.apiserver.validation.PortRules;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;

/// Endpoints: the former way to say where a service is served, which endpoint slices have replaced.
public final class EndpointsStrategy extends CheckedStrategy {
    private static final int SHOWN = 3;
    private static final Table TABLE =
            Columns.named().text("Endpoints", EndpointsStrategy::text).age();

    @Override
    public boolean createsOnUpdate() {
        return true;
    }

    @Override
    public String deprecation() {
        return "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
    }

    @Override
    public void applyDefaults(ObjectNode endpoints) {
        for (ObjectNode subset : Meta.items(endpoints, "subsets")) {
            Meta.items(subset, "ports").forEach(port -> Meta.defaultTo(port, "protocol", "TCP"));
        }
    }

    @Override
    protected void check(Field endpoints) {
        for (Field subset : endpoints.get("subsets").items()) {
            if (subset.get("addresses").isEmpty()
                    && subset.get("notReadyAddresses").isEmpty()) {
                subset.required("must specify `addresses` or `notReadyAddresses`");
            }
            subset.get("addresses").items().forEach(EndpointsStrategy::checkAddress);
            subset.get("notReadyAddresses").items().forEach(EndpointsStrategy::checkAddress);
            boolean several = subset.get("ports").items().size() > 1;
            subset.get("ports").items().forEach(port -> checkPort(port, several));
        }
    }

    private static void checkAddress(Field address) {
        boolean readable = IpRules.address(address.get("ip")).isPresent();
        if (!address.get("hostname").isEmpty()) {
            address.get("hostname").requireForm(NameRules::label);
        }
        if (address.get("nodeName").isSet()) {
            address.get("nodeName").requireForm(NameRules::subdomain);
        }
        if (readable) {
            IpRules.endpoint(address.get("ip"));
        }
    }

    private static void checkPort(Field port, boolean named) {
        Field name = port.get("name");
        if (named && name.isEmpty()) {
            name.required("");
        } else if (!name.isEmpty()) {
            name.requireForm(NameRules::label);
        }
        PortRules.checkNumber(port.get("port"));
        if (port.get("protocol").isEmpty()) {
            port.get("protocol").required("");
        } else {
            port.get("protocol").requireOneOf(List.of("SCTP", "TCP", "UDP"));
        }
        if (port.get("appProtocol").isSet()) {
            port.get("appProtocol").requireForm(NameRules::qualifiedName);
        }
    }

    @Override
    public List<String> warnings(ObjectNode endpoints) {
        List<String> warnings = new ArrayList<>();
        for (Field subset : Field.root(endpoints).get("subsets").items()) {
            for (String list : List.of("addresses", "notReadyAddresses")) {
                subset.get(list)
                        .items()
                        .forEach(address -> warnings.addAll(IpRules.addressWarnings(address.get("ip"))));
            }
        }
        return warnings;
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String text(JsonNode endpoints) {
        List<String> shown = new ArrayList<>();
        for (JsonNode subset : endpoints.path("subsets")) {
            if (subset.path("ports").isEmpty()) {
                subset.path("addresses")
                        .forEach(address -> shown.add(address.path("ip").asText()));
            }
            for (JsonNode port : subset.path("ports")) {
                for (JsonNode address : subset.path("addresses")) {
                    String ip = address.path("ip").asText();
                    String host = ip.contains(":") ? "[" + ip + "]" : ip;
                    shown.add(host + ":" + port.path("port").asLong());
                }
            }
        }
        return shown.isEmpty() ? "<none>" : Columns.some(shown, SHOWN);
    }
}
