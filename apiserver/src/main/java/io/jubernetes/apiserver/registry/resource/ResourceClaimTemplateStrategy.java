package io.jubernetes.apiserver.registry.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.MetadataRules;

/// Templates that a pod's claims are made from; nothing in them changes.
public final class ResourceClaimTemplateStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.named().age();

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        DeviceRules.applyDefaults(Meta.child(Meta.child(item, "spec"), "spec"));
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        Field meta = spec.get("metadata");
        MetadataRules.labels(
                        Meta.strings(meta.get("labels").value()),
                        meta.get("labels").path())
                .forEach(meta::report);
        MetadataRules.annotations(
                        Meta.strings(meta.get("annotations").value()),
                        meta.get("annotations").path())
                .forEach(meta::report);
        DeviceRules.check(spec.get("spec"));
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        item.get("spec").requireSame(old.get("spec"));
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
