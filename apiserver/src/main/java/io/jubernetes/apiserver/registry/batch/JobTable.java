package io.jubernetes.apiserver.registry.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.TemplateColumns;
import io.jubernetes.apiserver.resource.Table;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;

/// How a job is shown in one row.
final class JobTable implements Table {
    @Override
    public List<Column> columns() {
        return List.of(
                new Column("Name", "string", "name", "Name must be unique within a namespace.", 0),
                new Column("Status", "string", "", "What the job is doing.", 0),
                new Column("Completions", "string", "", "Pods that have succeeded, of those wanted.", 0),
                new Column("Duration", "string", "", "How long the job has taken.", 0),
                new Column("Age", "string", "", "How long ago the object was created.", 0),
                new Column("Containers", "string", "", "Names of the containers.", 1),
                new Column("Images", "string", "", "Images of the containers.", 1),
                new Column("Selector", "string", "", "What selects the pods.", 1));
    }

    @Override
    public void cells(JsonNode job, ArrayNode row, Clock clock) {
        JsonNode spec = job.path("spec");
        JsonNode status = job.path("status");
        row.add(job.path("metadata").path("name").asText(""));
        row.add(state(job));
        row.add(completions(spec, status));
        row.add(duration(status, clock));
        row.add(Columns.since(job.path("metadata").path("creationTimestamp").asText(""), clock));
        row.add(TemplateColumns.containers(spec.path("template")));
        row.add(TemplateColumns.images(spec.path("template")));
        row.add(TemplateColumns.selector(spec.path("selector")));
    }

    private static boolean holds(JsonNode status, String type) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText("").equals(type)) {
                return condition.path("status").asText("").equals("True");
            }
        }
        return false;
    }

    private static String state(JsonNode job) {
        JsonNode status = job.path("status");
        if (holds(status, "Complete")) {
            return "Complete";
        }
        if (holds(status, "Failed")) {
            return "Failed";
        }
        if (job.path("metadata").hasNonNull("deletionTimestamp")) {
            return "Terminating";
        }
        if (holds(status, "Suspended")) {
            return "Suspended";
        }
        if (holds(status, "FailureTarget")) {
            return "FailureTarget";
        }
        return holds(status, "SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
    }

    private static String completions(JsonNode spec, JsonNode status) {
        long succeeded = status.path("succeeded").asLong(0);
        if (spec.hasNonNull("completions")) {
            return succeeded + "/" + spec.path("completions").asLong(0);
        }
        long parallelism = spec.path("parallelism").asLong(0);
        return succeeded + (parallelism > 1 ? "/1 of " + parallelism : "/1");
    }

    private static String duration(JsonNode status, Clock clock) {
        String started = status.path("startTime").asText("");
        if (started.isEmpty()) {
            return "";
        }
        try {
            String completed = status.path("completionTime").asText("");
            Instant end = completed.isEmpty() ? clock.instant() : Instant.parse(completed);
            return Columns.duration(Duration.between(Instant.parse(started), end));
        } catch (DateTimeParseException e) {
            return "<unknown>";
        }
    }
}
