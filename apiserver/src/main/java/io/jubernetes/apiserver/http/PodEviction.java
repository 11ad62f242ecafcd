package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.DeleteOptions;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `pods/NAME/eviction`: deletes a pod when the disruption budget that guards it allows one more disruption.
final class PodEviction {
    private static final Set<String> PAST_HARM = Set.of("Succeeded", "Failed", "Pending");
    private static final String REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
    /// More disruptions than that which the budget's controller has not seen yet are not let in.
    private static final int MAX_DISRUPTED = 2000;

    private static final int RETRY_SECONDS = 10;

    private final ApiResource budgets;
    private final ObjectStorage storage;
    private final ObjectService objects;
    private final ObjectDeletion deletion;
    private final Clock clock;

    PodEviction(
            ApiResource budgets, ObjectStorage storage, ObjectService objects, ObjectDeletion deletion, Clock clock) {
        this.budgets = budgets;
        this.storage = storage;
        this.objects = objects;
        this.deletion = deletion;
        this.clock = clock;
    }

    Reply handle(Call call, ApiResource pods) {
        RequestInfo info = call.context().info();
        ObjectNode body = BodyReader.object(
                        call.body(), call.contentType(), BuiltinResources.schemaOf("policy/v1", "Eviction"))
                .object();
        if (!body.path("metadata").path("name").asText("").equals(info.name())) {
            throw ApiException.badRequest("name in URL does not match name in Eviction object");
        }
        DeleteOptions options = options(call, body.path("deleteOptions"));
        ObjectNode pod = storage.latest(
                        pods, info.namespace(), info.name(), call.context().deadline())
                .orElseThrow(() -> ApiException.notFound(pods, info.name()))
                .object();
        objects.admit(new AdmissionRequest(
                call.context(),
                pods,
                Operation.CREATE,
                info.namespace(),
                info.name(),
                "eviction",
                body,
                null,
                options.dryRun(),
                Json.object()));
        if (!isPastHarm(pod)) {
            useBudget(call.context(), pod, options.dryRun());
        }
        evict(call.context(), pods, pod, options);
        return Reply.json(201, PodSubresources.success(201));
    }

    private static DeleteOptions options(Call call, JsonNode options) {
        List<String> asked = call.query().all("dryRun");
        List<String> inBody = new ArrayList<>();
        options.path("dryRun").forEach(value -> inBody.add(value.asText()));
        if (!asked.isEmpty() && !inBody.isEmpty() && !asked.equals(inBody)) {
            throw ApiException.plain(
                    500, "Non-matching dry-run options in request and content: " + asked + " and " + inBody);
        }
        JsonNode preconditions = options.path("preconditions");
        return new DeleteOptions(
                options.hasNonNull("gracePeriodSeconds")
                        ? options.get("gracePeriodSeconds").asLong()
                        : null,
                text(preconditions, "uid"),
                text(preconditions, "resourceVersion"),
                null,
                !asked.isEmpty() || !inBody.isEmpty());
    }

    private static @Nullable String text(JsonNode node, String field) {
        return node.hasNonNull(field) ? node.get(field).asText() : null;
    }

    /// Whether the pod has ended, or not begun, so that nobody misses it.
    private static boolean isPastHarm(ObjectNode pod) {
        return Meta.isTerminating(pod)
                || PAST_HARM.contains(pod.path("status").path("phase").asText(""));
    }

    private void useBudget(RequestContext context, ObjectNode pod, boolean dryRun) {
        List<ObjectNode> found = budgets(context, pod);
        if (found.size() > 1) {
            throw ApiException.plain(
                    500,
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        }
        if (found.isEmpty() || isFree(found.getFirst(), pod)) {
            return;
        }
        ObjectNode budget = found.getFirst();
        objects.update(
                context,
                budgets,
                Meta.namespace(pod),
                Meta.name(budget),
                "status",
                present -> used(present, Meta.name(pod)),
                new WriteOptions(dryRun, "kube-apiserver", WriteOptions.FieldValidation.IGNORE));
    }

    private List<ObjectNode> budgets(RequestContext context, ObjectNode pod) {
        List<ObjectNode> found = new ArrayList<>();
        Iterator<CachedObject> all =
                storage.cache(budgets).latest(context.deadline()).range(budgets.keyPrefix(Meta.namespace(pod)), null);
        while (all.hasNext()) {
            try {
                if (Json.read(all.next().storedJson()) instanceof ObjectNode budget) {
                    JsonNode selector = budget.path("spec").path("selector");
                    // A budget that selects everything by an empty selector guards nothing.
                    if (!LabelSelectorRules.selectsAll(selector)
                            && LabelSelectorRules.matches(selector, Meta.labels(pod))) {
                        found.add(budget);
                    }
                }
            } catch (IOException e) {
                throw ApiException.internal("unreadable disruption budget");
            }
        }
        return found;
    }

    /// Whether a pod that is not ready counts for nothing in its budget.
    private static boolean isFree(ObjectNode budget, ObjectNode pod) {
        for (JsonNode condition : pod.path("status").path("conditions")) {
            if (condition.path("type").asText("").equals("Ready")
                    && condition.path("status").asText("").equals("True")) {
                return false;
            }
        }
        if (budget.path("spec").path("unhealthyPodEvictionPolicy").asText("").equals("AlwaysAllow")) {
            return true;
        }
        long desired = budget.path("status").path("desiredHealthy").asLong(0);
        return desired > 0 && budget.path("status").path("currentHealthy").asLong(0) >= desired;
    }

    /// The budget with one disruption less.
    private ObjectNode used(ObjectNode budget, String pod) {
        ObjectNode status = Meta.child(budget, "status");
        String name = Meta.name(budget);
        if (status.path("observedGeneration").asLong(0) < Meta.generation(budget)) {
            throw tooMany("The disruption budget " + name + " is still being processed by the server.", RETRY_SECONDS);
        }
        long allowed = status.path("disruptionsAllowed").asLong(0);
        if (allowed < 0) {
            throw ApiException.forbidden("policy", "poddisruptionbudget", name, "pdb disruptions allowed is negative");
        }
        if (status.path("disruptedPods").size() > MAX_DISRUPTED) {
            throw ApiException.forbidden(
                    "policy",
                    "poddisruptionbudget",
                    name,
                    "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
        }
        if (allowed == 0) {
            throw tooMany(
                    "The disruption budget " + name + " needs "
                            + status.path("desiredHealthy").asLong(0) + " healthy pods and has "
                            + status.path("currentHealthy").asLong(0) + " currently",
                    0);
        }
        status.put("disruptionsAllowed", allowed - 1);
        if (allowed == 1) {
            refuseFurther(status);
        }
        Meta.child(status, "disruptedPods").put(pod, ApiTime.seconds(clock.instant()));
        return budget;
    }

    private void refuseFurther(ObjectNode status) {
        ArrayNode conditions =
                status.get("conditions") instanceof ArrayNode list ? list : status.putArray("conditions");
        ObjectNode condition = null;
        for (JsonNode entry : conditions) {
            if (entry.path("type").asText("").equals("DisruptionAllowed")) {
                condition = (ObjectNode) entry;
            }
        }
        if (condition == null) {
            condition = conditions.addObject().put("type", "DisruptionAllowed");
        }
        if (!condition.path("status").asText("").equals("False")) {
            condition.put("lastTransitionTime", ApiTime.seconds(clock.instant()));
        }
        condition.put("status", "False").put("reason", "InsufficientPods").put("message", "");
        condition.put("observedGeneration", status.path("observedGeneration").asLong(0));
    }

    private static ApiException tooMany(String why, int retrySeconds) {
        ObjectNode details = Json.object();
        details.putArray("causes").addObject().put("reason", "DisruptionBudget").put("message", why);
        if (retrySeconds > 0) {
            details.put("retryAfterSeconds", retrySeconds);
        }
        return ApiException.of(429, "TooManyRequests", REFUSED, details);
    }

    /// Marks the pod as disrupted, so that its owner knows why it ended, and deletes it.
    private void evict(RequestContext context, ApiResource pods, ObjectNode pod, DeleteOptions options) {
        String namespace = Meta.namespace(pod);
        String name = Meta.name(pod);
        DeleteOptions checked = options;
        if (!options.dryRun() && matches(options, pod)) {
            ObjectNode marked = objects.update(
                            context,
                            pods,
                            namespace,
                            name,
                            "eviction",
                            this::marked,
                            new WriteOptions(false, "kube-apiserver", WriteOptions.FieldValidation.IGNORE))
                    .object();
            if (options.resourceVersion() != null) {
                checked = new DeleteOptions(
                        options.gracePeriodSeconds(), options.uid(), Meta.resourceVersion(marked), null, false);
            }
        }
        deletion.delete(context, pods, namespace, name, checked);
    }

    private static boolean matches(DeleteOptions options, ObjectNode pod) {
        String uid = options.uid();
        String version = options.resourceVersion();
        return (uid == null || uid.equals(Meta.uid(pod)))
                && (version == null || version.equals(Meta.resourceVersion(pod)));
    }

    private ObjectNode marked(ObjectNode pod) {
        ObjectNode condition = PodSubresources.condition(pod, "DisruptionTarget", "True", clock);
        condition.put("reason", "EvictionByEvictionAPI").put("message", "Eviction API: evicting");
        if (Meta.generation(pod) > 0
                && pod.path("status").path("observedGeneration").asLong(0) > 0) {
            condition.put("observedGeneration", Meta.generation(pod));
        }
        return pod;
    }
}
