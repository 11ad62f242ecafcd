package io.jubernetes.apiserver.registry.storage;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;

/// Volume attributes classes: nothing in them changes.
public final class VolumeAttributesClassStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.unnamed()
            .name(VolumeAttributesClassStrategy::shownName)
            .text("DriverName", item -> item.path("driverName").asText(""))
            .age();

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    protected void check(Field item) {
        DriverRules.checkName(item.get("driverName"));
        DriverRules.checkParameters(item.get("parameters"), false);
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        for (String field : new String[] {"driverName", "parameters"}) {
            if (!Meta.same(item.get(field).value(), old.get(field).value())) {
                item.get(field).forbidden("updates to " + field + " are forbidden.");
            }
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String shownName(JsonNode item) {
        boolean isDefault = "true".equals(Meta.annotations(item).get("storageclass.kubernetes.io/is-default-class"));
        return Meta.name(item) + (isDefault ? " (default)" : "");
    }
}
