package io.jubernetes.apiserver.registry.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.SpecStatusStrategy;
import io.jubernetes.apiserver.registry.TemplateRules;
import io.jubernetes.apiserver.registry.core.PodDefaults;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.DeleteOptions;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Jobs. Without a selector of its own a job gets one by its uid, which its pods carry as a label.
public final class JobStrategy extends SpecStatusStrategy {
    private static final String PREFIX = "batch.kubernetes.io/";
    private static final Table TABLE = new JobTable();
    private static final List<String> SCHEDULING =
            List.of("nodeSelector", "tolerations", "schedulingGates", "affinity");
    private static final List<String> IMMUTABLE =
            List.of("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy");

    @Override
    public void applyDefaults(ObjectNode job) {
        ObjectNode spec = Meta.child(job, "spec");
        PodDefaults.applyToTemplate(spec);
        if (!spec.hasNonNull("completions") && !spec.hasNonNull("parallelism")) {
            spec.put("completions", 1);
        }
        Meta.defaultTo(spec, "parallelism", 1);
        Meta.defaultTo(spec, "backoffLimit", spec.hasNonNull("backoffLimitPerIndex") ? Integer.MAX_VALUE : 6);
        Meta.defaultTo(spec, "completionMode", "NonIndexed");
        Meta.defaultTo(spec, "suspend", false);
        Meta.defaultTo(spec, "manualSelector", false);
        Meta.defaultTo(spec, "podReplacementPolicy", spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
        JsonNode labels = spec.path("template").path("metadata").path("labels");
        if (!labels.isEmpty() && Meta.labels(job).isEmpty()) {
            // The very same tree: what the template gets later, the job gets as well.
            Meta.of(job).set("labels", labels);
        }
        defaultPatterns(spec);
    }

    static void defaultPatterns(ObjectNode spec) {
        for (ObjectNode rule : Meta.items(spec.path("podFailurePolicy"), "rules")) {
            for (ObjectNode pattern : Meta.items(rule, "onPodConditions")) {
                Meta.defaultTo(pattern, "status", "True");
            }
        }
    }

    private static Map<String, String> generatedLabels(ObjectNode job) {
        Map<String, String> labels = new LinkedHashMap<>();
        for (String prefix : List.of("", PREFIX)) {
            labels.put(prefix + "controller-uid", Meta.uid(job));
            labels.put(prefix + "job-name", Meta.name(job));
        }
        return labels;
    }

    @Override
    public void prepareForCreate(ObjectNode job) {
        job.putObject("status");
        ObjectNode spec = Meta.child(job, "spec");
        if (spec.path("manualSelector").asBoolean(false) || Meta.uid(job).isEmpty()) {
            return;
        }
        ObjectNode labels = Meta.child(Meta.of(Meta.child(spec, "template")), "labels");
        boolean none = labels.isEmpty() && Meta.labels(job).isEmpty();
        generatedLabels(job).forEach((key, value) -> {
            // What the user has set is kept, and refused below.
            if (labels.path(key).asText("").isEmpty()) {
                labels.put(key, value);
            }
        });
        if (none) {
            Meta.of(job).set("labels", labels.deepCopy());
        }
        Meta.child(Meta.child(spec, "selector"), "matchLabels").put(PREFIX + "controller-uid", Meta.uid(job));
    }

    @Override
    public List<Cause> validate(ObjectNode job) {
        Field root = Field.root(job);
        check(root, MissingNode.getInstance());
        return root.causes();
    }

    private static void check(Field job, JsonNode old) {
        checkGenerated(job);
        checkSpec(job.get("spec"), old.path("spec"));
        Field spec = job.get("spec");
        long completions = spec.get("completions").number();
        String name = Meta.name(job.value());
        if (JobRules.isIndexed(spec.value()) && completions > 0 && !name.isEmpty()) {
            String hostname = name + "-" + (completions - 1);
            if (!NameRules.label(hostname).isEmpty()) {
                job.get("metadata")
                        .get("name")
                        .invalid(name, "will not able to create pod with invalid DNS label: " + hostname);
            }
        }
    }

    private static void checkGenerated(Field job) {
        Field spec = job.get("spec");
        Field selector = spec.get("selector");
        if (spec.get("manualSelector").isTrue() || !selector.isSet()) {
            return;
        }
        ObjectNode object = (ObjectNode) job.value();
        if (Meta.uid(object).isEmpty()) {
            job.get("metadata").get("uid").required("");
        }
        Field labels = spec.get("template").get("metadata").get("labels");
        Map<String, String> expected = generatedLabels(object);
        expected.forEach((key, value) -> {
            Field label = labels.key(key);
            if (!label.isSet()) {
                label.required("must be '" + value + "'");
            } else if (!label.text().equals(value)) {
                label.invalid(TemplateRules.labels(spec.get("template").value()), "must be '" + value + "'");
            }
        });
        if (!LabelSelectorRules.matches(selector.value(), expected)) {
            selector.invalid(TemplateRules.shown(selector.value()), "`selector` not auto-generated");
        }
    }

    private static void checkSpec(Field spec, JsonNode old) {
        JobRules.check(spec, old);
        Field selector = spec.get("selector");
        boolean sound = true;
        if (!selector.isSet()) {
            selector.required("");
        } else {
            sound = LabelSelectorRules.check(selector);
        }
        Map<String, String> labels = Meta.labels(spec.get("template").value());
        if (sound && !LabelSelectorRules.matches(selector.value(), labels)) {
            spec.get("template")
                    .get("metadata")
                    .get("labels")
                    .invalid(Json.tree(new TreeMap<>(labels)), "`selector` does not match template `labels`");
        }
    }

    @Override
    public List<Cause> validateChange(ObjectNode job, ObjectNode old, String subresource) {
        Field root = Field.root(job);
        check(root, old);
        Field spec = root.get("spec");
        JsonNode before = old.path("spec");
        checkSpec(spec, before);
        checkCompletions(spec, before);
        JobRules.checkSame(
                spec.get("selector"),
                before.path("selector"),
                TemplateRules.shown(spec.get("selector").value()));
        checkTemplate(spec.get("template"), old);
        for (String field : IMMUTABLE) {
            Field now = spec.get(field);
            JsonNode shown = now.value().isObject()
                    ? InternalForm.of(
                            "batch.v1." + Character.toUpperCase(field.charAt(0)) + field.substring(1), now.value())
                    : now.value();
            Object value = shown.isTextual()
                    ? shown.textValue()
                    : shown.isMissingNode() ? com.fasterxml.jackson.databind.node.NullNode.instance : shown;
            JobRules.checkSame(now, before.path(field), value);
        }
        return root.causes();
    }

    /// An indexed job can grow and shrink as long as all its pods may run at once.
    private static void checkCompletions(Field spec, JsonNode before) {
        Field completions = spec.get("completions");
        if (Meta.same(completions.value(), before.path("completions"))) {
            return;
        }
        if (!JobRules.isIndexed(spec.value())) {
            completions.invalid(
                    completions.isSet() ? completions.value() : com.fasterxml.jackson.databind.node.NullNode.instance,
                    "field is immutable");
        } else if (!completions.isSet()
                || completions.number() != spec.get("parallelism").number()) {
            completions.invalid(
                    completions.isSet() ? completions.value() : com.fasterxml.jackson.databind.node.NullNode.instance,
                    "can only be modified in tandem with spec.parallelism");
        }
    }

    private static void checkTemplate(Field template, ObjectNode old) {
        ObjectNode before = old.path("spec").path("template").deepCopy();
        boolean suspended = old.path("spec").path("suspend").asBoolean(false);
        if (suspended && !old.path("status").hasNonNull("startTime")) {
            // Before its first start, a queueing controller may say where a job's pods shall run.
            ObjectNode now = (ObjectNode) template.value();
            for (String field : List.of("labels", "annotations")) {
                Strategy.restore(Meta.of(before), Meta.of(now), field);
            }
            ObjectNode spec = Meta.child(before, "spec");
            for (String field : SCHEDULING) {
                Strategy.restore(spec, Meta.child(now, "spec"), field);
            }
        }
        JobRules.checkSame(template, before, InternalForm.of("core.v1.PodTemplateSpec", template.value()));
    }

    @Override
    public List<Cause> validateStatusUpdate(ObjectNode job, ObjectNode old) {
        Field root = Field.root(job);
        JobStatusRules.check(root, old);
        return root.causes();
    }

    @Override
    public List<String> warnings(ObjectNode job) {
        List<String> warnings = new ArrayList<>(TemplateRules.warnings(job, "spec", "template"));
        JsonNode spec = job.path("spec");
        if (JobRules.isIndexed(spec)
                && spec.path("completions").asLong(0) > 100_000
                && spec.path("parallelism").asLong(0) > 10_000) {
            warnings.add("spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher"
                    + " than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes"
                    + " fail");
        }
        return warnings;
    }

    @Override
    public List<String> updateWarnings(ObjectNode job, ObjectNode old) {
        List<String> warnings = new ArrayList<>();
        if (Meta.generation(job) != Meta.generation(old)) {
            warnings.addAll(warnings(job));
            warnings.removeAll(TemplateRules.nameWarnings(job));
        }
        return warnings;
    }

    @Override
    public List<String> deletionWarnings(DeleteOptions options) {
        return options.propagation() == null
                ? List.of(
                        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to"
                                + " remove them or set propagationPolicy=Orphan to suppress this warning")
                : List.of();
    }

    @Override
    public boolean orphansByDefault() {
        return true;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode job) {
        return Map.of(
                "status.successful",
                Long.toString(job.path("status").path("succeeded").asLong(0)));
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
