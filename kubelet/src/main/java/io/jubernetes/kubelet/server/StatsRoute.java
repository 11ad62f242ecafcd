package io.jubernetes.kubelet.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.PodEngine;
import io.jubernetes.kubelet.node.NodeUsage;
import io.jubernetes.kubelet.pod.PodState;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerUsage;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// What pods and the node use: `/stats/summary` as JSON, `/metrics/resource` for Prometheus.
final class StatsRoute {
    private final PodEngine engine;
    private final String nodeName;
    private final Clock clock;

    StatsRoute(PodEngine engine, String nodeName, Clock clock) {
        this.engine = engine;
        this.nodeName = nodeName;
        this.clock = clock;
    }

    private record Used(Pod pod, ContainerInfo container, ContainerUsage usage) {}

    private List<Used> used() throws RuntimeFailure {
        var result = new ArrayList<Used>();
        for (Pod pod : engine.workers().pods()) {
            PodState state = engine.states().get(pod.getMetadata().getUid());
            for (Container container : pod.getSpec().getContainers()) {
                Optional<ContainerInfo> running =
                        state.newest(container.getName()).filter(ContainerInfo::running);
                if (running.isPresent()) {
                    engine.runtime()
                            .usage(running.get().id())
                            .ifPresent(usage -> result.add(new Used(pod, running.get(), usage)));
                }
            }
        }
        return result;
    }

    Mono<Void> summary(ServerWebExchange exchange) {
        List<Used> used;
        try {
            used = used();
        } catch (RuntimeFailure e) {
            return Answers.text(exchange, HttpStatus.INTERNAL_SERVER_ERROR, e.getMessage());
        }
        ObjectNode summary = Json.object();
        ObjectNode node = summary.putObject("node").put("nodeName", nodeName);
        NodeUsage machine = NodeUsage.now(clock.instant());
        node.put("startTime", text(machine.bootTime()));
        putUsage(node, text(machine.at()), machine.cpuNanos(), machine.memoryUsage(), machine.workingSet(), -1);
        var pods = summary.putArray("pods");
        ObjectNode current = null;
        String currentUid = "";
        for (Used one : used) {
            String uid = one.pod().getMetadata().getUid();
            if (current == null || !uid.equals(currentUid)) {
                current = pods.addObject();
                currentUid = uid;
                current.putObject("podRef")
                        .put("name", one.pod().getMetadata().getName())
                        .put("namespace", one.pod().getMetadata().getNamespace())
                        .put("uid", uid);
                if (one.pod().getStatus() != null) {
                    current.put("startTime", one.pod().getStatus().getStartTime());
                }
                current.putArray("containers");
                List<Used> same = used.stream()
                        .filter(other -> other.pod().getMetadata().getUid().equals(uid))
                        .toList();
                putUsage(
                        current,
                        text(one.usage().at()),
                        same.stream()
                                .mapToLong(other -> other.usage().cpuNanos())
                                .sum(),
                        same.stream()
                                .mapToLong(other -> other.usage().memoryUsage())
                                .sum(),
                        same.stream()
                                .mapToLong(other -> other.usage().workingSet())
                                .sum(),
                        same.stream().mapToLong(other -> other.usage().rss()).sum());
            }
            ObjectNode container = current.withArray("containers").addObject();
            container.put("name", one.container().name());
            Instant started = one.container().startedAt();
            container.put("startTime", started == null ? null : text(started));
            putUsage(
                    container,
                    text(one.usage().at()),
                    one.usage().cpuNanos(),
                    one.usage().memoryUsage(),
                    one.usage().workingSet(),
                    one.usage().rss());
        }
        return Answers.json(exchange, Json.bytes(summary));
    }

    private static String text(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static void putUsage(ObjectNode to, String time, long cpuNanos, long memory, long workingSet, long rss) {
        to.putObject("cpu").put("time", time).put("usageCoreNanoSeconds", cpuNanos);
        ObjectNode bytes = to.putObject("memory")
                .put("time", time)
                .put("usageBytes", memory)
                .put("workingSetBytes", workingSet);
        if (rss >= 0) {
            bytes.put("rssBytes", rss);
        }
    }

    Mono<Void> resourceMetrics(ServerWebExchange exchange) {
        List<Used> used;
        try {
            used = used();
        } catch (RuntimeFailure e) {
            return Answers.text(exchange, HttpStatus.INTERNAL_SERVER_ERROR, e.getMessage());
        }
        var text = new StringBuilder();
        head(text, "container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the container");
        for (Used one : used) {
            line(
                    text,
                    "container_cpu_usage_seconds_total",
                    one,
                    seconds(one.usage().cpuNanos()));
        }
        head(text, "container_memory_working_set_bytes", "gauge", "Current working set of the container in bytes");
        for (Used one : used) {
            line(
                    text,
                    "container_memory_working_set_bytes",
                    one,
                    Long.toString(one.usage().workingSet()));
        }
        NodeUsage machine = NodeUsage.now(clock.instant());
        long at = machine.at().toEpochMilli();
        head(text, "node_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the node");
        text.append("node_cpu_usage_seconds_total ")
                .append(seconds(machine.cpuNanos()))
                .append(' ')
                .append(at)
                .append('\n');
        head(text, "node_memory_working_set_bytes", "gauge", "Current working set of the node in bytes");
        text.append("node_memory_working_set_bytes ")
                .append(machine.workingSet())
                .append(' ')
                .append(at)
                .append('\n');
        head(text, "resource_scrape_error", "gauge", "1 if there was an error while getting container metrics");
        text.append("resource_scrape_error 0\n");
        return Answers.text(exchange, HttpStatus.OK, text.toString());
    }

    private static String seconds(long nanos) {
        return java.math.BigDecimal.valueOf(nanos, 9).toPlainString();
    }

    private static void head(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(name).append(" [STABLE] ").append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static void line(StringBuilder text, String name, Used one, String value) {
        text.append(name)
                .append("{container=\"")
                .append(one.container().name())
                .append("\",namespace=\"")
                .append(one.pod().getMetadata().getNamespace())
                .append("\",pod=\"")
                .append(one.pod().getMetadata().getName())
                .append("\"} ")
                .append(value)
                .append(' ')
                .append(one.usage().at().toEpochMilli())
                .append('\n');
    }
}
