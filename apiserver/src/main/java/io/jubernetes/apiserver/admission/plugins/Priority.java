package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/// Turns the name of a priority class into the pod's priority.
public final class Priority implements AdmissionPlugin {
    private final ObjectStorage storage;
    private final ApiResource classes;

    public Priority(ObjectStorage storage, ApiResource classes) {
        this.storage = storage;
        this.classes = classes;
    }

    @Override
    public String name() {
        return "Priority";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (!request.isFor("", "pods") || !request.isMain()) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        if (request.operation() == AdmissionRequest.Operation.UPDATE) {
            // A replacement that does not repeat what was worked out at creation does not mean to take it away.
            for (String field : List.of("priority", "preemptionPolicy")) {
                if (!spec.hasNonNull(field)) {
                    Strategy.restore(spec, Meta.child(Objects.requireNonNull(request.old()), "spec"), field);
                }
            }
            return;
        }
        if (request.operation() != AdmissionRequest.Operation.CREATE) {
            return;
        }
        String className = spec.path("priorityClassName").asText("");
        long priority = 0;
        String preemption = "PreemptLowerPriority";
        ObjectNode found = className.isEmpty() ? globalDefault() : named(request, className);
        if (found != null) {
            priority = found.path("value").asLong(0);
            preemption = found.path("preemptionPolicy").asText(preemption);
            spec.put("priorityClassName", Meta.name(found));
        }
        if (spec.hasNonNull("priority") && spec.get("priority").asLong() != priority) {
            throw ApiException.forbidden(
                    "",
                    "pods",
                    request.name(),
                    "the integer value of priority (" + spec.get("priority").asLong()
                            + ") must not be provided in pod spec; priority admission controller computed " + priority
                            + " from the given PriorityClass name");
        }
        spec.put("priority", priority);
        if (spec.hasNonNull("preemptionPolicy")
                && !spec.get("preemptionPolicy").asText().equals(preemption)) {
            throw ApiException.forbidden(
                    "",
                    "pods",
                    request.name(),
                    "the string value of PreemptionPolicy ("
                            + spec.get("preemptionPolicy").asText()
                            + ") must not be provided in pod spec; priority admission controller computed "
                            + preemption + " from the given PriorityClass name");
        }
        spec.put("preemptionPolicy", preemption);
    }

    private ObjectNode named(AdmissionRequest request, String className) {
        return storage.cached(classes, "", className)
                .or(() ->
                        storage.latest(classes, "", className, request.context().deadline()))
                .map(ObjectStorage.Loaded::object)
                .orElseThrow(() -> ApiException.forbidden(
                        "", "pods", request.name(), "no PriorityClass with name " + className + " was found"));
    }

    private @org.jspecify.annotations.Nullable ObjectNode globalDefault() {
        ObjectNode lowest = null;
        Iterator<CachedObject> all = storage.cache(classes).snapshot().range(classes.keyPrefix(""), null);
        while (all.hasNext()) {
            try {
                if (Json.read(all.next().storedJson()) instanceof ObjectNode found
                        && found.path("globalDefault").asBoolean(false)
                        && (lowest == null
                                || found.path("value").asLong()
                                        < lowest.path("value").asLong())) {
                    lowest = found;
                }
            } catch (IOException e) {
                throw ApiException.internal("unreadable priority class");
            }
        }
        return lowest;
    }
}
