package io.jubernetes.scheduler.extender;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.scheduler.config.ExtenderSpec;
import io.jubernetes.scheduler.framework.Diagnosis;
import io.jubernetes.scheduler.framework.Extender;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An extender that is reached by HTTP. Thread-safe.
public final class HttpExtender implements Extender {
    private static final Logger log = LoggerFactory.getLogger(HttpExtender.class);
    /// Extenders rate from 0 to 10.
    private static final long MAX_SCORE = 10;

    private final ExtenderSpec spec;
    private final ExtenderClient client;

    private HttpExtender(ExtenderSpec spec) throws StartupException {
        this.spec = spec;
        this.client = new ExtenderClient(spec);
    }

    /// @throws StartupException when a TLS setting makes no sense
    public static List<Extender> of(List<ExtenderSpec> specs) throws StartupException {
        var extenders = new ArrayList<Extender>();
        for (ExtenderSpec spec : specs) {
            extenders.add(new HttpExtender(spec));
        }
        return List.copyOf(extenders);
    }

    @Override
    public String name() {
        return client.url();
    }

    @Override
    public boolean isInterestedIn(PodInfo pod) {
        return spec.managed().isEmpty()
                || asks(pod.pod().getSpec().getContainers())
                || asks(pod.pod().getSpec().getInitContainers());
    }

    private boolean asks(List<Container> containers) {
        return containers.stream()
                .anyMatch(container -> container.getResources() != null
                        && (names(container.getResources().getRequests())
                                || names(container.getResources().getLimits())));
    }

    private boolean names(@Nullable Map<String, Quantity> amounts) {
        return amounts != null && amounts.keySet().stream().anyMatch(spec.managed()::contains);
    }

    @Override
    public boolean binds() {
        return !spec.verbs().bind().isEmpty();
    }

    @Override
    public boolean preempts() {
        return !spec.verbs().preempt().isEmpty();
    }

    @Override
    public List<NodeInfo> filter(PodInfo pod, List<NodeInfo> nodes, Diagnosis diagnosis) {
        if (spec.verbs().filter().isEmpty()) {
            return nodes;
        }
        JsonNode answer;
        try {
            answer = client.call(spec.verbs().filter(), arguments(pod, nodes));
            refuse(answer);
        } catch (IllegalStateException e) {
            return ignored(e, nodes);
        }
        Set<String> left = new HashSet<>();
        if (spec.nodeCacheCapable() && answer.path("nodenames").isArray()) {
            answer.path("nodenames").forEach(name -> left.add(name.asText()));
        } else {
            answer.path("nodes")
                    .path("items")
                    .forEach(node -> left.add(node.path("metadata").path("name").asText()));
        }
        var kept = new ArrayList<NodeInfo>();
        for (NodeInfo node : nodes) {
            if (left.contains(node.name())) {
                kept.add(node);
            } else {
                diagnosis.add(node, verdict(answer, node.name()), name());
            }
        }
        return kept;
    }

    private static Verdict verdict(JsonNode answer, String node) {
        JsonNode never = answer.path("failedAndUnresolvableNodes").path(node);
        JsonNode notNow = answer.path("failedNodes").path(node);
        return never.isTextual()
                ? Verdict.never(never.asText())
                : Verdict.notNow(notNow.isTextual() ? notNow.asText() : "node(s) were refused by an extender");
    }

    @Override
    public long[] score(PodInfo pod, List<NodeInfo> nodes) {
        long[] scores = new long[nodes.size()];
        if (spec.verbs().prioritize().isEmpty()) {
            return scores;
        }
        Map<String, Long> byHost = new HashMap<>();
        try {
            for (JsonNode rated : client.call(spec.verbs().prioritize(), arguments(pod, nodes))) {
                byHost.put(rated.path("host").asText(), rated.path("score").asLong());
            }
        } catch (IllegalStateException e) {
            // A missing opinion does not keep a pod from its node.
            log.warn("extender {} gave no scores: {}", name(), e.getMessage());
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] =
                    byHost.getOrDefault(nodes.get(i).name(), 0L) * spec.weight() * (ScorePlugin.MAX_SCORE / MAX_SCORE);
        }
        return scores;
    }

    @Override
    public Map<String, List<PodInfo>> preempt(
            PodInfo pod, Map<String, List<PodInfo>> victimsByNode, Map<String, Long> violations) {
        ObjectNode body = Json.object();
        body.set("pod", Json.tree(pod.pod()));
        ObjectNode nodes = body.putObject(spec.nodeCacheCapable() ? "nodeNameToMetaVictims" : "nodeNameToVictims");
        Map<String, PodInfo> byUid = new HashMap<>();
        victimsByNode.forEach((node, victims) -> {
            ObjectNode of = nodes.putObject(node);
            var pods = of.putArray("pods");
            for (PodInfo victim : victims) {
                byUid.put(victim.uid(), victim);
                pods.add(spec.nodeCacheCapable() ? Json.object().put("uid", victim.uid()) : Json.tree(victim.pod()));
            }
            of.put("numPDBViolations", violations.getOrDefault(node, 0L));
        });
        JsonNode answer;
        try {
            answer = client.call(spec.verbs().preempt(), body);
        } catch (IllegalStateException e) {
            if (spec.ignorable()) {
                return victimsByNode;
            }
            throw e;
        }
        Map<String, List<PodInfo>> left = new LinkedHashMap<>();
        answer.path("nodeNameToMetaVictims").properties().forEach(entry -> {
            var pods = new ArrayList<PodInfo>();
            for (JsonNode victim : entry.getValue().path("pods")) {
                pods.add(Objects.requireNonNull(
                        byUid.get(victim.path("uid").asText()), "the extender names a pod that is not there"));
            }
            left.put(entry.getKey(), pods);
        });
        return left;
    }

    @Override
    public void bind(PodInfo pod, String node) {
        refuse(client.call(
                spec.verbs().bind(),
                Json.object()
                        .put("podName", pod.key().name())
                        .put("podNamespace", pod.key().namespace())
                        .put("podUID", pod.uid())
                        .put("node", node)));
    }

    private ObjectNode arguments(PodInfo pod, List<NodeInfo> nodes) {
        ObjectNode body = Json.object();
        body.set("pod", Json.tree(pod.pod()));
        if (spec.nodeCacheCapable()) {
            var names = body.putArray("nodenames");
            nodes.forEach(node -> names.add(node.name()));
        } else {
            var items = body.putObject("nodes").putArray("items");
            nodes.forEach(node -> items.add(Json.tree(node.node())));
        }
        return body;
    }

    private static void refuse(JsonNode answer) {
        String error = answer.path("error").asText("");
        if (!error.isEmpty()) {
            throw new IllegalStateException(error);
        }
    }

    private List<NodeInfo> ignored(IllegalStateException failure, List<NodeInfo> nodes) {
        if (!spec.ignorable()) {
            throw failure;
        }
        log.warn("extender {} is ignored: {}", name(), failure.getMessage());
        return nodes;
    }
}
