package io.jubernetes.apiserver.registry.networking;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import io.jubernetes.common.meta.NameRules;
import java.util.Map;

/// Addresses of services: an object named like the address says who has it.
public final class IpAddressStrategy extends CheckedStrategy {
    private static final Table TABLE =
            Columns.named().text("ParentRef", IpAddressStrategy::parent).age();

    @Override
    public Names names() {
        return Names.IP_ADDRESS;
    }

    @Override
    protected void check(Field address) {
        Field parent = address.get("spec").get("parentRef");
        if (!parent.isSet()) {
            parent.required("");
            return;
        }
        if (!parent.get("group").isEmpty()) {
            parent.get("group").requireForm(NameRules::subdomain);
        }
        for (String part : new String[] {"resource", "name"}) {
            if (parent.get(part).requireValue()) {
                parent.get(part).requireForm(NameRules::pathSegment);
            }
        }
        if (!parent.get("namespace").isEmpty()) {
            parent.get("namespace").requireForm(NameRules::pathSegment);
        }
    }

    @Override
    protected void checkUpdate(Field address, Field old) {
        Field parent = address.get("spec").get("parentRef");
        if (!Meta.same(parent.value(), old.get("spec").get("parentRef").value())) {
            parent.invalid(GoShape.of("networking.v1.ParentReference", parent.value()), "field is immutable");
        }
    }

    @Override
    public Map<String, String> selectableFields(JsonNode address) {
        JsonNode parent = address.path("spec").path("parentRef");
        return Map.of(
                "spec.parentRef.resource", parent.path("resource").asText(""),
                "spec.parentRef.name", parent.path("name").asText(""),
                "spec.parentRef.namespace", parent.path("namespace").asText(""),
                "spec.parentRef.group", parent.path("group").asText(""));
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String parent(JsonNode address) {
        JsonNode parent = address.path("spec").path("parentRef");
        if (parent.isMissingNode()) {
            return "<none>";
        }
        String group = parent.path("group").asText("");
        String namespace = parent.path("namespace").asText("");
        return (group.isEmpty() ? "" : group + "/")
                + parent.path("resource").asText("") + "/"
                + (namespace.isEmpty() ? "" : namespace + "/")
                + parent.path("name").asText("");
    }
}
