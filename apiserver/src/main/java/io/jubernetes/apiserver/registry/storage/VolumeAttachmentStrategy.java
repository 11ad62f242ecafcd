package io.jubernetes.apiserver.registry.storage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.core.PersistentVolumeRules;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import io.jubernetes.common.meta.NameRules;
import java.util.List;

/// Volume attachments.
public final class VolumeAttachmentStrategy extends CheckedStrategy {
    private static final int MAX_ERROR = 1024;
    private static final int MAX_METADATA = 256 << 10;
    private static final String ONE_SOURCE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    private static final Table TABLE = Columns.named()
            .text("Attacher", item -> item.path("spec").path("attacher").asText(""))
            .text(
                    "PV",
                    item -> item.path("spec")
                            .path("source")
                            .path("persistentVolumeName")
                            .asText(""))
            .text("Node", item -> item.path("spec").path("nodeName").asText(""))
            .flag("Attached", item -> item.path("status").path("attached").asBoolean(false))
            .age();

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        if (item.path("spec").path("source").path("inlineVolumeSpec") instanceof ObjectNode inline) {
            PersistentVolumeRules.applySourceDefaults(inline);
        }
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        DriverRules.checkName(spec.get("attacher"));
        Field source = spec.get("source");
        Field inline = source.get("inlineVolumeSpec");
        Field name = source.get("persistentVolumeName");
        if (!inline.isSet() && !name.isSet()) {
            source.required(ONE_SOURCE);
        } else if (inline.isSet() && name.isSet()) {
            source.forbidden(ONE_SOURCE);
        } else if (name.isSet()) {
            if (name.isEmpty()) {
                name.required("must specify non empty persistentVolumeName");
            } else {
                name.requireForm(NameRules::subdomain);
            }
        } else {
            PersistentVolumeRules.checkSpec(inline, true);
        }
        spec.get("nodeName").requireForm(NameRules::subdomain);
        checkStatus(item.get("status"));
    }

    private static void checkStatus(Field status) {
        Field metadata = status.get("attachmentMetadata");
        long size = 0;
        for (var entry : metadata.entries().entrySet()) {
            size += entry.getKey().length() + entry.getValue().text().length();
        }
        if (size > MAX_METADATA) {
            metadata.tooLong(MAX_METADATA);
        }
        for (String error : List.of("attachError", "detachError")) {
            Field message = status.get(error).get("message");
            if (message.text().length() > MAX_ERROR) {
                message.tooLong(MAX_ERROR);
            }
        }
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        Field spec = item.get("spec");
        if (!Meta.same(spec.value(), old.get("spec").value())) {
            spec.invalid(GoShape.of("storage.v1.VolumeAttachmentSpec", spec.value()), "field is immutable");
        }
    }

    @Override
    protected void checkStatusUpdate(Field item, Field old) {
        check(item);
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
