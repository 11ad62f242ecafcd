package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.validation.MetadataRules;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.NameRules;
import java.util.List;
import java.util.Set;

/// Templates of volume claims: in pods for volumes that live as long as the pod, in stateful sets for those that stay.
public final class ClaimTemplateRules {
    private static final List<String> MODES =
            List.of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod");
    private static final Set<String> METADATA = Set.of("labels", "annotations");

    private ClaimTemplateRules() {}

    /// Reports everything wrong with a template: its metadata may hold labels and annotations only.
    public static void check(Field template) {
        Field meta = template.get("metadata");
        MetadataRules.annotations(
                        Meta.strings(meta.get("annotations").value()),
                        meta.get("annotations").path())
                .forEach(meta::report);
        MetadataRules.labels(
                        Meta.strings(meta.get("labels").value()),
                        meta.get("labels").path())
                .forEach(meta::report);
        meta.value().fieldNames().forEachRemaining(name -> {
            if (!METADATA.contains(name) && meta.get(name).isSet()) {
                meta.get(name).forbidden("cannot be set");
            }
        });
        checkSpec(template.get("spec"));
    }

    /// Reports everything wrong with what a claim asks for.
    public static void checkSpec(Field spec) {
        Field modes = spec.get("accessModes");
        if (modes.isEmpty()) {
            modes.required("at least 1 access mode is required");
        }
        LabelSelectorRules.check(spec.get("selector"));
        boolean oncePod = false;
        boolean others = false;
        for (Field mode : modes.items()) {
            boolean known = MODES.contains(mode.text());
            if (!known) {
                modes.report(Cause.notSupported(modes.path(), mode.text(), MODES));
            }
            oncePod |= mode.text().equals("ReadWriteOncePod");
            others |= known && !mode.text().equals("ReadWriteOncePod");
        }
        if (oncePod && others) {
            modes.forbidden("may not use ReadWriteOncePod with other access modes");
        }
        checkSize(spec.get("resources"));
        if (!spec.get("storageClassName").isEmpty()) {
            spec.get("storageClassName").requireForm(NameRules::subdomain);
        }
        spec.get("volumeMode").requireOneOf(List.of("Block", "Filesystem"));
        checkSources(spec);
        if (!spec.get("volumeAttributesClassName").isEmpty()) {
            spec.get("volumeAttributesClassName").requireForm(NameRules::subdomain);
        }
    }

    private static void checkSize(Field resources) {
        Field size = resources.get("requests").key("storage");
        Field place = resources.key("storage");
        if (!size.isSet()) {
            place.required("");
        } else if (QuantityRules.amount(size).signum() <= 0) {
            place.invalid(size.text(), "must be greater than zero");
        }
    }

    private static void checkSources(Field spec) {
        Field source = spec.get("dataSource");
        Field reference = spec.get("dataSourceRef");
        checkSource(source);
        checkSource(reference);
        boolean elsewhere = !reference.get("namespace").isEmpty();
        if (elsewhere) {
            reference.get("namespace").requireForm(NameRules::label);
        }
        if (!source.isSet() || !reference.isSet()) {
            return;
        }
        if (elsewhere) {
            spec.invalid(source.path(), "may not be specified when dataSourceRef.namespace is specified");
        } else if (!Meta.same(source.value(), reference.value())) {
            spec.invalid(source.path(), "must match dataSourceRef");
        }
    }

    private static void checkSource(Field source) {
        if (!source.isSet()) {
            return;
        }
        source.get("name").requireValue();
        source.get("kind").requireValue();
        String group = source.get("apiGroup").text();
        if (group.isEmpty()) {
            if (!source.get("kind").text().equals("PersistentVolumeClaim")) {
                source.invalid(
                        source.get("kind").text(),
                        "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
            }
        } else {
            source.get("apiGroup").requireForm(NameRules::subdomain);
        }
    }
}
