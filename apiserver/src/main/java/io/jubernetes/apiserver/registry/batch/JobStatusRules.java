package io.jubernetes.apiserver.registry.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What must hold for a job's status. A rule binds when what it is about has changed, so that jobs of older servers can
/// still be finished.
final class JobStatusRules {
    private final Field status;
    private final JsonNode spec;
    private final JsonNode before;

    private JobStatusRules(Field status, JsonNode spec, JsonNode before) {
        this.status = status;
        this.spec = spec;
        this.before = before;
    }

    static void check(Field job, ObjectNode old) {
        var rules = new JobStatusRules(job.get("status"), old.path("spec"), old.path("status"));
        rules.checkCounts();
        rules.checkConditions();
        rules.checkFinished();
        rules.checkIndexes();
        rules.checkChange();
    }

    private static boolean holds(JsonNode status, String type) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText("").equals(type)) {
                return condition.path("status").asText("").equals("True");
            }
        }
        return false;
    }

    private boolean now(String type) {
        return holds(status.value(), type);
    }

    private boolean changed(String type) {
        return now(type) != holds(before, type);
    }

    private boolean changedField(String field) {
        return !Meta.same(status.get(field).value(), before.path(field));
    }

    private boolean finished() {
        return now("Complete") || now("Failed");
    }

    private boolean finishedChanged() {
        return finished() != (holds(before, "Complete") || holds(before, "Failed"));
    }

    private void checkCounts() {
        for (String count : List.of("active", "succeeded", "failed", "ready", "terminating")) {
            status.get(count).requireNonNegative();
        }
        Field uncounted = status.get("uncountedTerminatedPods");
        Set<String> seen = new HashSet<>();
        for (String list : List.of("succeeded", "failed")) {
            for (Field uid : uncounted.get(list).items()) {
                if (uid.isEmpty()) {
                    uid.invalid("must not be empty");
                } else if (!seen.add(uid.text())) {
                    uid.duplicate();
                }
            }
        }
    }

    private void checkConditions() {
        Field conditions = status.get("conditions");
        boolean complete = changed("Complete") && now("Complete");
        boolean failed = changed("Failed") && now("Failed");
        if ((complete || failed) && now("Complete") && now("Failed")) {
            conditions.invalidUnshown("cannot set Complete=True and Failed=true conditions");
        }
        if ((changed("Complete") || changed("FailureTarget")) && now("Complete") && now("FailureTarget")) {
            conditions.invalidUnshown("cannot set Complete=True and FailureTarget=true conditions");
        }
        Field completed = status.get("completionTime");
        if ((changed("Complete") || changedField("completionTime")) && !now("Complete") && completed.isSet()) {
            completed.invalidUnshown("cannot set completionTime when there is no Complete=True condition");
        }
        if (changed("Complete") && now("Complete") && !completed.isSet()) {
            completed.required("completionTime is required for Complete jobs");
        }
        Field started = status.get("startTime");
        if ((changedField("startTime") || changedField("completionTime"))
                && started.isSet()
                && completed.isSet()
                && completed.text().compareTo(started.text()) < 0) {
            completed.invalid("completionTime cannot be set before startTime");
        }
        if (failed && !now("FailureTarget")) {
            conditions.invalidUnshown("cannot set Failed=True condition without the FailureTarget=true condition");
        }
        if (complete && !now("SuccessCriteriaMet")) {
            conditions.invalidUnshown(
                    "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
        }
    }

    private void checkFinished() {
        Field active = status.get("active");
        if ((finishedChanged() || changedField("active")) && finished() && active.number() > 0) {
            active.invalid("active>0 is invalid for finished job");
        }
        Field terminating = status.get("terminating");
        if ((finishedChanged() || changedField("terminating")) && finished() && terminating.number() > 0) {
            terminating.invalid("terminating>0 is invalid for finished job");
        }
        Field started = status.get("startTime");
        if ((finishedChanged() || changedField("startTime")) && finished() && !started.isSet()) {
            started.required("startTime is required for finished job");
        }
        Field uncounted = status.get("uncountedTerminatedPods");
        boolean some = !uncounted.get("succeeded").isEmpty()
                || !uncounted.get("failed").isEmpty();
        if ((finishedChanged() || changedField("uncountedTerminatedPods")) && finished() && some) {
            uncounted.invalid(
                    InternalForm.of("batch.v1.UncountedTerminatedPods", uncounted.value()),
                    "uncountedTerminatedPods needs to be empty for finished job");
        }
        Field ready = status.get("ready");
        if ((changedField("ready") || changedField("active")) && ready.isSet() && ready.number() > active.number()) {
            ready.invalid("cannot set more ready pods than active");
        }
    }

    private void checkIndexes() {
        Field completed = status.get("completedIndexes");
        Field failed = status.get("failedIndexes");
        long completions = spec.path("completions").asLong(0);
        boolean indexed = JobRules.isIndexed(spec);
        if (changedField("completedIndexes") && !completed.isEmpty()) {
            if (!indexed) {
                completed.invalid("cannot set non-empty completedIndexes when non-indexed completion mode");
            } else {
                Indexes parsed = Indexes.parse(completed.text(), completions);
                if (!parsed.problem().isEmpty()) {
                    completed.invalid("error parsing completedIndexes: " + parsed.problem());
                }
            }
        }
        if (changedField("failedIndexes") && failed.isSet()) {
            if (!spec.hasNonNull("backoffLimitPerIndex")) {
                failed.invalid("cannot set non-null failedIndexes when backoffLimitPerIndex is null");
            } else {
                Indexes parsed = Indexes.parse(failed.text(), completions);
                if (!parsed.problem().isEmpty()) {
                    failed.invalid("error parsing failedIndexes: " + parsed.problem());
                }
            }
        }
        Field conditions = status.get("conditions");
        if (changed("SuccessCriteriaMet") && now("SuccessCriteriaMet")) {
            if (now("Failed")) {
                conditions.invalidUnshown("cannot set Failed=True and SuccessCriteriaMet=true conditions");
            }
            if (now("FailureTarget")) {
                conditions.invalidUnshown("cannot set SuccessCriteriaMet=true and FailureTarget=true conditions");
            }
        }
    }

    private void checkChange() {
        Field conditions = status.get("conditions");
        for (String type : List.of("Failed", "Complete", "FailureTarget", "SuccessCriteriaMet")) {
            if (holds(before, type) && !now(type)) {
                conditions.invalidUnshown("cannot disable the terminal " + type + "=True condition");
            }
        }
        for (String count : List.of("failed", "succeeded")) {
            Field field = status.get(count);
            if (field.number() < before.path(count).asLong(0)) {
                field.invalid(field.number(), "cannot decrease the " + count + " counter");
            }
        }
        Field completed = status.get("completionTime");
        if (before.hasNonNull("completionTime") && changedField("completionTime")) {
            completed.invalid("completionTime cannot be mutated");
        }
        Field started = status.get("startTime");
        boolean suspended = spec.path("suspend").asBoolean(false);
        if (!suspended && before.hasNonNull("startTime") && changedField("startTime")) {
            if (started.isSet()) {
                started.invalid("startTime cannot be updated for unsuspended job");
            } else {
                started.required("startTime cannot be removed for unsuspended job");
            }
        }
    }
}
