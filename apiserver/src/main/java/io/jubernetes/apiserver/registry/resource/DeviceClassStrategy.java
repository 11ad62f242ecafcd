package io.jubernetes.apiserver.registry.resource;

import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;

/// Classes of devices.
public final class DeviceClassStrategy extends CheckedStrategy {
    private static final int MAX_CONFIGS = 32;
    private static final Table TABLE = Columns.named().age();

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        SelectorRules.check(spec.get("selectors"));
        DeviceRules.checkSize(spec.get("config"), MAX_CONFIGS);
        spec.get("config").items().forEach(DeviceRules::checkConfiguration);
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
