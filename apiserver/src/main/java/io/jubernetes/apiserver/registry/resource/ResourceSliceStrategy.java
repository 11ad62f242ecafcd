package io.jubernetes.apiserver.registry.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.NodeSelectorRules;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The devices that a driver offers, a part of a pool each.
public final class ResourceSliceStrategy extends CheckedStrategy {
    private static final int MAX_DEVICES = 128;
    private static final Table TABLE = Columns.named()
            .text("Node", item -> item.path("spec").path("nodeName").asText("<unset>"))
            .text("Driver", item -> item.path("spec").path("driver").asText(""))
            .text("Pool", item -> item.path("spec").path("pool").path("name").asText(""))
            .age();

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode item) {
        JsonNode spec = item.path("spec");
        return Map.of(
                "spec.nodeName", spec.path("nodeName").asText(""),
                "spec.driver", spec.path("driver").asText(""));
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        DeviceRules.checkDriver(spec.get("driver"));
        checkPool(spec.get("pool"));
        Field node = spec.get("nodeName");
        if (node.isSet() && node.requireValue()) {
            node.requireForm(NameRules::subdomain);
        }
        if (spec.get("nodeSelector").isSet()) {
            NodeSelectorRules.check(spec.get("nodeSelector"));
        }
        Field devices = spec.get("devices");
        DeviceRules.checkSize(devices, MAX_DEVICES);
        Set<String> names = new HashSet<>();
        for (Field device : devices.items()) {
            device.get("name").requireForm(NameRules::label);
            device.get("taints").items().forEach(ResourceSliceStrategy::checkTaint);
            DeviceRules.checkUnique(device.get("name"), names);
        }
    }

    private static void checkPool(Field pool) {
        Field name = pool.get("name");
        if (name.requireValue()) {
            for (String part : name.text().split("/", -1)) {
                NameRules.subdomain(part).forEach(name::invalid);
            }
        }
        if (pool.get("resourceSliceCount").number() <= 0) {
            pool.get("resourceSliceCount").invalid("must be greater than zero");
        }
        if (pool.get("generation").number() < 0) {
            pool.get("generation").invalid("must be greater than or equal to zero");
        }
    }

    private static void checkTaint(Field taint) {
        taint.get("key").requireForm(NameRules::qualifiedName);
        taint.get("value").requireForm(NameRules::labelValue);
        taint.get("effect").requireListed(List.of("NoExecute", "NoSchedule", "None"));
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        Field spec = item.get("spec");
        Field before = old.get("spec");
        spec.get("pool").get("name").requireSame(before.get("pool").get("name"));
        for (String field : List.of("driver", "nodeName")) {
            if (!Meta.same(spec.get(field).value(), before.get(field).value())) {
                spec.get(field).invalid("field is immutable");
            }
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
