package io.jubernetes.apiserver.registry.core;

import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;

/// ConfigMaps.
public final class ConfigMapStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.named()
            .text(
                    "Data",
                    map -> (long) map.path("data").size()
                            + map.path("binaryData").size())
            .age();

    @Override
    protected void check(Field map) {
        long size = 0;
        for (var entry : map.get("data").entries().entrySet()) {
            DataRules.checkKey(entry.getValue(), entry.getKey());
            if (map.get("binaryData").get(entry.getKey()).isSet()) {
                entry.getValue().invalid(entry.getKey(), "duplicate of key present in binaryData");
            }
            size += DataRules.utf8Length(entry.getValue().text());
        }
        for (var entry : map.get("binaryData").entries().entrySet()) {
            DataRules.checkKey(entry.getValue(), entry.getKey());
            size += DataRules.decodedLength(entry.getValue().text());
        }
        if (size > DataRules.MAX_BYTES) {
            // The path of a nameless field, which the whole map is here.
            map.report(Cause.tooLong("[]", DataRules.MAX_BYTES));
        }
    }

    @Override
    protected void checkUpdate(Field map, Field old) {
        DataRules.checkFrozen(map, old, "data", "binaryData");
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
