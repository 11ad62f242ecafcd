package io.jubernetes.apiserver.registry.storage;

import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.NameRules;
import java.util.List;

/// How much room a driver has where.
public final class CsiStorageCapacityStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.named()
            .text("StorageClassName", item -> item.path("storageClassName").asText(""))
            .text("Capacity", item -> item.path("capacity").asText(""));

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    protected void check(Field item) {
        item.get("storageClassName").requireForm(NameRules::subdomain);
        if (item.get("nodeTopology").isSet()) {
            LabelSelectorRules.check(item.get("nodeTopology"));
        }
        for (String amount : List.of("capacity", "maximumVolumeSize")) {
            if (item.get(amount).isSet()) {
                QuantityRules.checkNonNegative(item.get(amount));
            }
        }
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        item.get("nodeTopology").requireSame(old.get("nodeTopology"));
        item.get("storageClassName").requireSame(old.get("storageClassName"));
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
