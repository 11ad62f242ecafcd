package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Table;
import java.time.Clock;
import java.util.List;

/// How a pod is shown in one row: its phase told by what its containers are doing.
final class PodTable implements Table {
    @Override
    public List<Column> columns() {
        return List.of(
                new Column("Name", "string", "name", "Name must be unique within a namespace.", 0),
                new Column("Ready", "string", "", "Containers that are ready, of all.", 0),
                new Column("Status", "string", "", "What the pod is doing.", 0),
                new Column("Restarts", "string", "", "How often its containers were restarted.", 0),
                new Column("Age", "string", "", "How long ago the object was created.", 0),
                new Column("IP", "string", "", "The pod's address.", 1),
                new Column("Node", "string", "", "The node it runs on.", 1),
                new Column("Nominated Node", "string", "", "The node it waits for.", 1),
                new Column("Readiness Gates", "string", "", "Extra conditions that hold, of all.", 1));
    }

    @Override
    public void cells(JsonNode pod, ArrayNode row, Clock clock) {
        JsonNode spec = pod.path("spec");
        JsonNode status = pod.path("status");
        Summary summary = summarize(pod);
        row.add(pod.path("metadata").path("name").asText());
        row.add(summary.ready + "/" + summary.total);
        row.add(summary.reason);
        row.add(
                summary.restarts == 0 || summary.lastRestart.isEmpty()
                        ? Long.toString(summary.restarts)
                        : summary.restarts + " (" + Columns.since(summary.lastRestart, clock) + " ago)");
        row.add(Columns.since(pod.path("metadata").path("creationTimestamp").asText(""), clock));
        row.add(orNone(status.path("podIP").asText("")));
        row.add(orNone(spec.path("nodeName").asText("")));
        row.add(orNone(status.path("nominatedNodeName").asText("")));
        row.add(gates(spec, status));
    }

    @Override
    public ArrayNode conditions(JsonNode pod) {
        ArrayNode conditions = Table.super.conditions(pod);
        String phase = pod.path("status").path("phase").asText("");
        if (phase.equals("Succeeded") || phase.equals("Failed")) {
            conditions
                    .addObject()
                    .put("type", "Completed")
                    .put("status", "True")
                    .put("reason", phase)
                    .put("message", phase.equals("Failed") ? "The pod failed." : "The pod has completed successfully.");
        }
        return conditions;
    }

    private static String orNone(String text) {
        return text.isEmpty() ? "<none>" : text;
    }

    private static String gates(JsonNode spec, JsonNode status) {
        JsonNode gates = spec.path("readinessGates");
        if (gates.isEmpty()) {
            return "<none>";
        }
        int held = 0;
        for (JsonNode gate : gates) {
            if (isTrue(status, gate.path("conditionType").asText())) {
                held++;
            }
        }
        return held + "/" + gates.size();
    }

    private static boolean isTrue(JsonNode status, String type) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText().equals("True");
            }
        }
        return false;
    }

    private static final class Summary {
        int ready;
        int total;
        long restarts;
        String reason = "";
        String lastRestart = "";

        void restarted(JsonNode container) {
            restarts += container.path("restartCount").asLong(0);
            String finished = container
                    .path("lastState")
                    .path("terminated")
                    .path("finishedAt")
                    .asText("");
            if (finished.compareTo(lastRestart) > 0) {
                lastRestart = finished;
            }
        }
    }

    private static Summary summarize(JsonNode pod) {
        JsonNode spec = pod.path("spec");
        JsonNode status = pod.path("status");
        var summary = new Summary();
        summary.total = spec.path("containers").size();
        String phase = status.path("phase").asText("");
        summary.reason = status.path("reason").asText("").isEmpty()
                ? phase
                : status.path("reason").asText();
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText().equals("PodScheduled")
                    && condition.path("reason").asText().equals("SchedulingGated")) {
                summary.reason = "SchedulingGated";
            }
        }
        boolean initializing = initializing(spec, status, summary);
        if (!initializing || isTrue(status, "Initialized")) {
            containers(status, summary);
        }
        if (pod.path("metadata").hasNonNull("deletionTimestamp")) {
            if (status.path("reason").asText("").equals("NodeLost")) {
                summary.reason = "Unknown";
            } else if (!phase.equals("Succeeded") && !phase.equals("Failed")) {
                summary.reason = "Terminating";
            }
        }
        return summary;
    }

    private static boolean initializing(JsonNode spec, JsonNode status, Summary summary) {
        int index = 0;
        for (JsonNode container : status.path("initContainerStatuses")) {
            boolean sidecar = false;
            for (JsonNode declared : spec.path("initContainers")) {
                if (declared.path("name").equals(container.path("name"))) {
                    sidecar = declared.path("restartPolicy").asText("").equals("Always");
                }
            }
            if (sidecar) {
                summary.total++;
                if (container.path("started").asBoolean(false)) {
                    summary.restarted(container);
                    if (container.path("ready").asBoolean(false)) {
                        summary.ready++;
                    }
                    index++;
                    continue;
                }
            }
            JsonNode terminated = container.path("state").path("terminated");
            if (terminated.isObject() && terminated.path("exitCode").asInt(0) == 0) {
                index++;
                continue;
            }
            summary.restarted(container);
            String waiting =
                    container.path("state").path("waiting").path("reason").asText("");
            if (terminated.isObject()) {
                summary.reason = "Init:" + ending(terminated);
            } else if (!waiting.isEmpty() && !waiting.equals("PodInitializing")) {
                summary.reason = "Init:" + waiting;
            } else {
                summary.reason =
                        "Init:" + index + "/" + spec.path("initContainers").size();
            }
            return true;
        }
        return false;
    }

    private static String ending(JsonNode terminated) {
        String reason = terminated.path("reason").asText("");
        if (!reason.isEmpty()) {
            return reason;
        }
        int signal = terminated.path("signal").asInt(0);
        return signal != 0
                ? "Signal:" + signal
                : "ExitCode:" + terminated.path("exitCode").asInt(0);
    }

    private static void containers(JsonNode status, Summary summary) {
        boolean running = false;
        JsonNode statuses = status.path("containerStatuses");
        for (int i = statuses.size() - 1; i >= 0; i--) {
            JsonNode container = statuses.get(i);
            summary.restarted(container);
            JsonNode state = container.path("state");
            String waiting = state.path("waiting").path("reason").asText("");
            if (!waiting.isEmpty()) {
                summary.reason = waiting;
            } else if (state.path("terminated").isObject()) {
                summary.reason = ending(state.path("terminated"));
            } else if (container.path("ready").asBoolean(false)
                    && state.path("running").isObject()) {
                running = true;
                summary.ready++;
            }
        }
        if (summary.reason.equals("Completed") && running) {
            summary.reason = isTrue(status, "Ready") ? "Running" : "NotReady";
        }
    }
}
