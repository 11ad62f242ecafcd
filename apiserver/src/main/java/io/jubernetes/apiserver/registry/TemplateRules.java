package io.jubernetes.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.core.podspec.PodSpecRules;
import io.jubernetes.apiserver.registry.core.podspec.PodWarnings;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What workloads of all groups have in common: a selector, and a template whose pods it must select.
public final class TemplateRules {
    private static final String MISMATCH = "`selector` does not match template `labels`";

    private TemplateRules() {}

    /// A selector as messages show it.
    public static JsonNode shown(JsonNode selector) {
        return selector.isObject() ? InternalForm.declared("meta.v1.LabelSelector", selector) : NullNode.instance;
    }

    /// Reports a selector that is missing, malformed or empty.
    ///
    /// @param owner the kind, as the message calls it
    /// @return whether labels can be compared with it
    public static boolean checkSelector(Field selector, String owner) {
        if (!selector.isSet()) {
            selector.required("");
            return true;
        }
        boolean sound = LabelSelectorRules.check(selector);
        if (LabelSelectorRules.selectsAll(selector.value())) {
            selector.invalid(shown(selector.value()), "empty selector is invalid for " + owner);
        }
        return sound;
    }

    /// Reports a template whose labels a selector does not match. An empty selector is reported elsewhere.
    public static void checkLabels(Field selector, Field template) {
        Map<String, String> labels = Meta.labels(template.value());
        boolean all = selector.isSet() && LabelSelectorRules.selectsAll(selector.value());
        if (!all && !LabelSelectorRules.matches(selector.value(), labels)) {
            template.get("metadata").get("labels").invalid(labels(template.value()), MISMATCH);
        }
    }

    /// A template's labels as messages show them.
    public static JsonNode labels(JsonNode template) {
        JsonNode labels = template.path("metadata").path("labels");
        return labels.isObject()
                ? io.jubernetes.common.codec.Json.tree(new TreeMap<>(Meta.strings(labels)))
                : NullNode.instance;
    }

    /// Reports what pods that are to run for ever may not have.
    ///
    /// @param owner the kind, as the message calls it
    public static void checkLasting(Field template, String owner) {
        Field spec = template.get("spec");
        spec.get("restartPolicy").requireListed(List.of("Always"));
        if (spec.get("activeDeadlineSeconds").isSet()) {
            spec.get("activeDeadlineSeconds").forbidden("activeDeadlineSeconds in " + owner + " is not Supported");
        }
    }

    /// Reports everything wrong with a template of which there may be several pods.
    ///
    /// @param old the stored template; missing for a new one
    public static void checkReplicated(Field template, JsonNode old, long replicas, String owner) {
        PodSpecRules.checkTemplate(template, old);
        if (replicas > 1) {
            for (Field volume : template.get("spec").get("volumes").items()) {
                Field disk = volume.get("gcePersistentDisk");
                if (disk.isSet() && !disk.get("readOnly").isTrue()) {
                    volume.get("GCEPersistentDisk")
                            .get("readOnly")
                            .invalid(
                                    false,
                                    "must be true for replicated pods > 1; GCE PD can only be mounted on multiple machines"
                                            + " if it is read-only");
                }
            }
        }
        checkLasting(template, owner);
    }

    /// Warnings about a name after which pods are called.
    public static List<String> nameWarnings(ObjectNode workload) {
        return nameWarnings(workload, "Pod names and hostnames");
    }

    /// Warnings about a name that is no DNS label.
    ///
    /// @param use what the name is used in
    public static List<String> nameWarnings(ObjectNode object, String use) {
        List<String> problems = NameRules.label(Meta.name(object));
        return problems.isEmpty()
                ? List.of()
                : List.of("metadata.name: this is used in " + use + ", which can result in surprising behavior;"
                        + " a DNS label is recommended: [" + String.join(" ", problems) + "]");
    }

    /// Warnings about a new workload: its name and its template.
    public static List<String> warnings(ObjectNode workload, String... template) {
        List<String> warnings = new ArrayList<>(nameWarnings(workload));
        Field place = Field.root(workload);
        for (String step : template) {
            place = place.get(step);
        }
        warnings.addAll(PodWarnings.ofTemplate(place));
        return warnings;
    }

    /// Reports counts in a status that are negative, and those above the number of replicas there are.
    ///
    /// @param counts all counts, in the order in which they are looked at
    /// @param bounded those that cannot be above `replicas`
    public static void checkCounts(Field status, List<String> counts, List<String> bounded) {
        counts.forEach(count -> status.get(count).requireNonNegative());
        long replicas = status.get("replicas").number();
        for (String count : bounded) {
            Field field = status.get(count);
            if (field.number() > replicas) {
                field.invalid(field.number(), "cannot be greater than status.replicas");
            }
        }
    }

    /// Reports more available than ready pods.
    ///
    /// @param shown how the message calls the ready ones
    public static void checkAvailable(Field status, String shown) {
        Field available = status.get("availableReplicas");
        if (available.number() > status.get("readyReplicas").number()) {
            available.invalid(available.number(), "cannot be greater than " + shown);
        }
    }

    /// Reports a count of collisions that goes down.
    public static void checkCollisions(Field status, JsonNode old) {
        Field collisions = status.get("collisionCount");
        if (old.path("collisionCount").isNumber()
                && collisions.number() < old.path("collisionCount").asLong()) {
            collisions.invalid(collisions.number(), "cannot be decremented");
        }
    }
}
