package io.jubernetes.apiserver.admission.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.plugins.Stored;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.FieldOwnership;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.apiserver.resource.ObjectStorage.Written;
import io.jubernetes.common.time.Deadline;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/// Holds what is created in a namespace to its quotas. The usage is written into the quota before the object is stored,
/// by compare-and-set, so that no race between requests or servers lets more through than allowed; what was charged for
/// an object that could not be stored after all, the quota controller gives back.
///
/// Writes in one namespace take turns here: a lock for each of a number of groups of namespaces spares them to lose
/// races against each other. Thread-safe.
public final class ResourceQuota implements AdmissionPlugin {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int ATTEMPTS = 20;
    private static final int TURNS = 64;
    private static final Set<String> IGNORED = Set.of(
            "bindings",
            "componentstatuses",
            "tokenreviews.authentication.k8s.io",
            "selfsubjectreviews.authentication.k8s.io",
            "subjectaccessreviews.authorization.k8s.io",
            "selfsubjectaccessreviews.authorization.k8s.io",
            "localsubjectaccessreviews.authorization.k8s.io",
            "selfsubjectrulesreviews.authorization.k8s.io",
            "events",
            "events.events.k8s.io");

    private final ObjectStorage storage;
    private final ApiResource resource;
    private final Stored quotas;
    private final FieldOwnership ownership;
    private final LimitedResources limited;
    private final Map<String, Evaluator> evaluators;
    private final Turn[] turns = new Turn[TURNS];

    /// One of the locks, with what was written last while it was held: the cache learns of it a little later.
    private static final class Turn {
        private static final int MAX_RECENT = 100;

        private final ReentrantLock lock = new ReentrantLock();

        // Guarded by lock.
        private final Map<String, ObjectNode> recent = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, ObjectNode> eldest) {
                return size() > MAX_RECENT;
            }
        };

        void remember(ObjectNode quota) {
            recent.put(Meta.uid(quota), quota);
        }

        ObjectNode newest(ObjectNode cached) {
            ObjectNode known = recent.get(Meta.uid(cached));
            return known != null && revision(known) > revision(cached) ? known : cached;
        }
    }

    /// @param configuration the plugin's, a missing node when it has none
    public ResourceQuota(
            ObjectStorage storage, ApiResource quotas, FieldOwnership ownership, JsonNode configuration, Clock clock) {
        this.storage = storage;
        this.resource = quotas;
        this.quotas = new Stored(storage, quotas);
        this.ownership = ownership;
        this.limited = LimitedResources.of(configuration);
        evaluators = Map.of(
                "pods", new PodEvaluator(clock),
                "services", new ServiceEvaluator(),
                "persistentvolumeclaims", new ClaimEvaluator(),
                "resourceclaims.resource.k8s.io", new DeviceClaimEvaluator());
        for (int i = 0; i < TURNS; i++) {
            turns[i] = new Turn();
        }
    }

    @Override
    public String name() {
        return "ResourceQuota";
    }

    @Override
    public void validate(AdmissionRequest request) {
        String kind = request.resource().qualifiedName();
        boolean part = !request.isMain()
                && !(kind.equals("pods") && request.subresource().equals("resize"));
        if (!request.isWrite() || part || request.namespace().isEmpty() || IGNORED.contains(kind)) {
            return;
        }
        Evaluator evaluator = evaluators.getOrDefault(kind, new Evaluator.Count(kind));
        if (!evaluator.handles(request)) {
            return;
        }
        if (limited.entries().isEmpty() && !isLimited(request.namespace())) {
            return;
        }
        inTurn(request, new QuotaCheck(evaluator, request, limited));
    }

    private boolean isLimited(String namespace) {
        return storage.cache(resource)
                .snapshot()
                .range(resource.keyPrefix(namespace), null)
                .hasNext();
    }

    private void inTurn(AdmissionRequest request, QuotaCheck check) {
        Turn turn =
                Objects.requireNonNull(turns[Math.floorMod(request.namespace().hashCode(), TURNS)]);
        Deadline deadline = Deadline.in(PATIENCE);
        try {
            if (!turn.lock.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw ApiException.internal("resource quota evaluation timed out");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiException.internal("resource quota evaluation timed out");
        }
        try {
            charge(request, check, turn, deadline);
        } finally {
            turn.lock.unlock();
        }
    }

    private void charge(AdmissionRequest request, QuotaCheck check, Turn turn, Deadline deadline) {
        List<ObjectNode> present =
                quotas.in(request.namespace()).stream().map(turn::newest).toList();
        boolean fresh = false;
        for (int attempt = 1; ; attempt++) {
            List<ObjectNode> charged;
            try {
                charged = check.charge(present);
            } catch (ApiException e) {
                if (fresh) {
                    throw e;
                }
                // The cache may not know yet what has been freed.
                fresh = true;
                present = latest(present, deadline);
                continue;
            }
            if (request.dryRun()) {
                return;
            }
            present = write(charged, present, turn, deadline);
            if (present.isEmpty()) {
                return;
            }
            if (attempt >= ATTEMPTS) {
                throw ApiException.conflict(
                        resource,
                        Meta.name(present.getFirst()),
                        "the object has been modified; please apply your changes to the latest version and try"
                                + " again");
            }
        }
    }

    private List<ObjectNode> latest(List<ObjectNode> known, Deadline deadline) {
        List<ObjectNode> latest = new ArrayList<>();
        for (ObjectNode quota : known) {
            storage.latest(resource, Meta.namespace(quota), Meta.name(quota), deadline)
                    .map(Loaded::object)
                    .ifPresent(latest::add);
        }
        return latest;
    }

    /// Stores what is used now.
    ///
    /// @return the quotas that have changed meanwhile, as they are now: these are to be charged again
    private List<ObjectNode> write(List<ObjectNode> charged, List<ObjectNode> before, Turn turn, Deadline deadline) {
        List<ObjectNode> again = new ArrayList<>();
        for (ObjectNode quota : charged) {
            for (ObjectNode old : before) {
                if (Meta.uid(old).equals(Meta.uid(quota))) {
                    ownership.update(resource, old, quota, "kube-apiserver", "status");
                    ownership.settle(old, quota);
                }
            }
            Written written = storage.update(resource, quota, revision(quota), null, deadline);
            if (written.done()) {
                Meta.of(quota).put("resourceVersion", Long.toString(written.revision()));
                turn.remember(quota);
            } else if (written.current() != null) {
                again.add(written.current().object());
            }
        }
        return again;
    }

    private static long revision(ObjectNode quota) {
        return Long.parseLong(Meta.resourceVersion(quota));
    }
}
