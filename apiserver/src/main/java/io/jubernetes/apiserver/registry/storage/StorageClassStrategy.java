package io.jubernetes.apiserver.registry.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.DeprecatedLabels;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Storage classes.
public final class StorageClassStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.unnamed()
            .name(StorageClassStrategy::shownName)
            .text("Provisioner", item -> item.path("provisioner").asText(""))
            .text("ReclaimPolicy", item -> item.path("reclaimPolicy").asText("Delete"))
            .text("VolumeBindingMode", item -> item.path("volumeBindingMode").asText("Immediate"))
            .text(
                    "AllowVolumeExpansion",
                    item -> item.path("allowVolumeExpansion").asBoolean(false))
            .age();

    @Override
    public boolean returnsDeletedObject() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        Meta.defaultTo(item, "reclaimPolicy", "Delete");
        Meta.defaultTo(item, "volumeBindingMode", "Immediate");
    }

    @Override
    protected void check(Field item) {
        Field provisioner = item.get("provisioner");
        if (provisioner.isEmpty()) {
            provisioner.required("");
        } else {
            String lower = provisioner.text().toLowerCase(Locale.ROOT);
            NameRules.qualifiedName(lower).forEach(problem -> provisioner.invalid(lower, problem));
        }
        DriverRules.checkParameters(item.get("parameters"), true);
        if (!item.get("reclaimPolicy").isEmpty()) {
            item.get("reclaimPolicy").requireOneOf(List.of("Delete", "Retain"));
        }
        item.get("volumeBindingMode").requireOneOf(List.of("Immediate", "WaitForFirstConsumer"));
        Set<JsonNode> terms = new HashSet<>();
        for (Field term : item.get("allowedTopologies").items()) {
            checkTerm(term);
            if (!terms.add(term.value())) {
                term.get("matchLabelExpressions").duplicate("");
            }
        }
    }

    private static void checkTerm(Field term) {
        Set<String> keys = new HashSet<>();
        for (Field requirement : term.get("matchLabelExpressions").items()) {
            Field values = requirement.get("values");
            if (values.isEmpty()) {
                values.required("");
            }
            Set<String> seen = new HashSet<>();
            for (Field value : values.items()) {
                if (!seen.add(value.text())) {
                    value.duplicate();
                }
            }
            Field key = requirement.get("key");
            key.requireForm(NameRules::qualifiedName);
            if (!keys.add(key.text())) {
                key.duplicate();
            }
        }
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        for (String field : List.of("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")) {
            item.get(field).requireSame(old.get(field));
        }
    }

    @Override
    public List<String> warnings(ObjectNode item) {
        List<String> warnings = new ArrayList<>();
        for (Field term : Field.root(item).get("allowedTopologies").items()) {
            for (Field requirement : term.get("matchLabelExpressions").items()) {
                DeprecatedLabels.message(requirement.get("key").text())
                        .ifPresent(
                                message -> warnings.add(requirement.get("key").path() + ": " + message));
            }
        }
        return warnings;
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String shownName(JsonNode item) {
        var annotations = Meta.annotations(item);
        boolean isDefault = "true".equals(annotations.get("storageclass.kubernetes.io/is-default-class"))
                || "true".equals(annotations.get("storageclass.beta.kubernetes.io/is-default-class"));
        return Meta.name(item) + (isDefault ? " (default)" : "");
    }
}
