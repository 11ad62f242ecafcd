package io.jubernetes.apiserver.registry.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.SpecStatusStrategy;
import io.jubernetes.apiserver.registry.core.PodDefaults;
import io.jubernetes.apiserver.resource.Meta;
import java.util.List;
import java.util.Map;

/// Jobs. Without a selector of its own a job gets one by its uid, which its pods carry as a label.
public final class JobStrategy extends SpecStatusStrategy {
    @Override
    public void applyDefaults(ObjectNode job) {
        ObjectNode spec = Meta.child(job, "spec");
        PodDefaults.applyToTemplate(spec);
        boolean none = !spec.hasNonNull("completions") && !spec.hasNonNull("parallelism");
        if (none) {
            spec.put("completions", 1);
        }
        Meta.defaultTo(spec, "parallelism", 1);
        Meta.defaultTo(spec, "backoffLimit", spec.hasNonNull("backoffLimitPerIndex") ? Integer.MAX_VALUE : 6);
        Meta.defaultTo(spec, "completionMode", "NonIndexed");
        Meta.defaultTo(spec, "suspend", false);
        Meta.defaultTo(spec, "manualSelector", false);
        Meta.defaultTo(spec, "podReplacementPolicy", spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
    }

    @Override
    public void prepareForCreate(ObjectNode job) {
        job.putObject("status");
        ObjectNode spec = Meta.child(job, "spec");
        if (spec.path("manualSelector").asBoolean(false)) {
            return;
        }
        String uid = Meta.uid(job);
        String name = Meta.name(job);
        ObjectNode labels = Meta.child(Meta.of(Meta.child(spec, "template")), "labels");
        if (uid.isEmpty() || labels.has("batch.kubernetes.io/controller-uid")) {
            return;
        }
        for (String prefix : List.of("", "batch.kubernetes.io/")) {
            labels.put(prefix + "controller-uid", uid);
            labels.put(prefix + "job-name", name);
        }
        Meta.child(Meta.child(spec, "selector"), "matchLabels").put("batch.kubernetes.io/controller-uid", uid);
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
}
