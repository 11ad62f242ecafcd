package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.NodeSelectorRules;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.NameRules;
import io.jubernetes.common.meta.Quantity;
import java.nio.file.Path;
import java.util.List;

/// What must hold for the description of a volume, which persistent volumes and volume attachments have.
public final class PersistentVolumeRules {
    static final List<String> ACCESS_MODES =
            List.of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod");
    static final List<String> VOLUME_MODES = List.of("Block", "Filesystem");
    private static final String INLINE = "may not be specified in the context of inline volumes";

    private PersistentVolumeRules() {}

    /// Sets the fields of a description that were left out.
    public static void applyDefaults(ObjectNode spec) {
        Meta.defaultTo(spec, "volumeMode", "Filesystem");
        VolumeSourceDefaults.apply(spec);
    }

    /// Sets what a description says of its source.
    public static void applySourceDefaults(ObjectNode spec) {
        VolumeSourceDefaults.apply(spec);
    }

    /// Reports everything wrong with a description.
    ///
    /// @param inline whether it stands in an attachment and describes no object of its own
    public static void checkSpec(Field spec, boolean inline) {
        if (inline) {
            forbidInline(spec, "claimRef");
            if (!spec.get("capacity").isEmpty()) {
                spec.get("capacity").forbidden(INLINE);
            }
            if (!spec.get("csi").isSet()) {
                spec.get("csi").required("has to be specified in the context of inline volumes");
            }
        }
        Field modes = spec.get("accessModes");
        if (modes.isEmpty()) {
            modes.required("");
        }
        checkAccessModes(modes);
        if (!inline) {
            checkCapacity(spec.get("capacity"));
        }
        checkReclaimPolicy(spec.get("persistentVolumeReclaimPolicy"), inline);
        Field affinity = spec.get("nodeAffinity");
        if (inline) {
            forbidInline(spec, "nodeAffinity");
        } else if (affinity.isSet()) {
            if (affinity.get("required").isSet()) {
                NodeSelectorRules.check(affinity.get("required"));
            } else {
                affinity.get("required").required("must specify required node constraints");
            }
        }
        VolumeSourceRules.check(spec);
        if (spec.get("hostPath").isSet()
                && Path.of(spec.get("hostPath").get("path").text().replace('\0', ' '))
                        .normalize()
                        .equals(Path.of("/"))
                && spec.get("persistentVolumeReclaimPolicy").text().equals("Recycle")) {
            spec.get("persistentVolumeReclaimPolicy").forbidden("may not be 'recycle' for a hostPath mount of '/'");
        }
        Field className = spec.get("storageClassName");
        if (!className.isEmpty()) {
            if (inline) {
                className.forbidden(INLINE);
            } else {
                className.requireForm(NameRules::subdomain);
            }
        }
        Field mode = spec.get("volumeMode");
        if (inline && mode.isSet() && !mode.text().equals("Filesystem")) {
            mode.forbidden("may not specify volumeMode other than Filesystem in the context of inline volumes");
        } else {
            mode.requireOneOf(VOLUME_MODES);
        }
        checkAttributesClass(spec.get("volumeAttributesClassName"), inline);
    }

    private static void forbidInline(Field spec, String field) {
        if (spec.get(field).isSet()) {
            spec.get(field).forbidden(INLINE);
        }
    }

    static void checkAccessModes(Field modes) {
        boolean exclusive = false;
        boolean shared = false;
        for (Field mode : modes.items()) {
            if (!ACCESS_MODES.contains(mode.text())) {
                modes.report(Cause.notSupported(modes.path(), mode.text(), ACCESS_MODES));
            }
            boolean once = mode.text().equals("ReadWriteOncePod");
            exclusive |= once;
            shared |= !once && ACCESS_MODES.contains(mode.text());
        }
        if (exclusive && shared) {
            modes.forbidden("may not use ReadWriteOncePod with other access modes");
        }
    }

    private static void checkCapacity(Field capacity) {
        if (capacity.isEmpty()) {
            capacity.required("");
        }
        JsonNode amounts = capacity.value();
        if (!amounts.has("storage") || amounts.size() > 1) {
            capacity.report(Cause.notSupported(
                    capacity.path(), amounts.isEmpty() ? NullNode.instance : sorted(amounts), List.of("storage")));
        }
        capacity.entries().values().forEach(amount -> {
            checkBasic(amount);
            QuantityRules.checkPositive(amount);
        });
    }

    private static JsonNode sorted(JsonNode amounts) {
        ObjectNode result = io.jubernetes.common.codec.Json.object();
        new java.util.TreeMap<>(Meta.strings(amounts)).forEach(result::put);
        return result;
    }

    /// Reports an amount of storage below zero.
    static void checkBasic(Field amount) {
        Quantity value = QuantityRules.amount(amount);
        if (value.signum() < 0) {
            amount.invalid(value.toLong(), "must be a valid resource quantity");
        }
    }

    private static void checkReclaimPolicy(Field policy, boolean inline) {
        if (policy.isEmpty()) {
            return;
        }
        if (inline) {
            if (!policy.text().equals("Retain")) {
                policy.forbidden("may only be Retain in the context of inline volumes");
            }
        } else {
            policy.requireOneOf(List.of("Delete", "Recycle", "Retain"));
        }
    }

    private static void checkAttributesClass(Field name, boolean inline) {
        if (!name.isSet()) {
            return;
        }
        if (inline) {
            name.forbidden(INLINE);
        } else if (name.isEmpty()) {
            name.required("an empty string is disallowed");
        } else {
            name.requireForm(NameRules::subdomain);
        }
    }
}
