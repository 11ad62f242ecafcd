package io.jubernetes.controllermanager.garbagecollector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.controllermanager.discovery.ApiResources;
import io.jubernetes.controllermanager.discovery.ApiResources.ApiResource;
import io.jubernetes.controllermanager.garbagecollector.Judgement.Found;
import io.jubernetes.controllermanager.garbagecollector.Judgement.OwnerState;
import io.jubernetes.controllermanager.garbagecollector.OwnerGraph.Entry;
import io.jubernetes.controllermanager.garbagecollector.OwnerGraph.Owner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Acts on what the graph points out. Every decision is taken on what the API server says now, by reads that
/// cannot be stale, and every deletion names the uid it is meant for.
final class Collector {
    static final String ORPHAN = "orphan";
    static final String FOREGROUND = "foregroundDeletion";

    private static final Logger log = LoggerFactory.getLogger(Collector.class);
    private static final String METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    private static final Duration LATER = Duration.ofSeconds(5);
    private static final int REMEMBERED = 500;

    private final RawApi api;
    private final OwnerGraph graph;
    private final Supplier<ApiResources> resources;
    /// An owner as it is named. The uid alone would not do: who names it from another namespace, or by another name,
    /// does not find it, though it is there.
    private record Reference(String uid, String apiVersion, String kind, String namespace, String name) {}

    /// Owners known to be absent: a uid never comes back, so thousands of dependents need one look.
    private final Map<Reference, Boolean> absent = Collections.synchronizedMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Reference, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    });

    /// @param resources what is served now
    Collector(RawApi api, OwnerGraph graph, Supplier<ApiResources> resources) {
        this.api = api;
        this.graph = graph;
        this.resources = resources;
    }

    /// Looks at one object and deletes it or lets it go.
    Result attemptToDelete(String uid) {
        Entry entry = graph.find(uid).orElse(null);
        if (entry == null || (entry.deleting() && !entry.deletingDependents())) {
            return Result.done();
        }
        Optional<ApiResource> resource = resources.get().ofKind(entry.apiVersion(), entry.kind());
        if (resource.isEmpty()) {
            log.debug("{} is of a kind that is not served", entry);
            return Result.again(LATER);
        }
        var reference = new Reference(uid, entry.apiVersion(), entry.kind(), entry.namespace(), entry.name());
        if (entry.isVirtual() && absent.containsKey(reference)) {
            return Result.done();
        }
        Optional<JsonNode> live = read(resource.get(), entry.namespace(), entry.name());
        boolean same = live.filter(object -> uid(object).equals(uid)).isPresent();
        if (!same) {
            absent.put(reference, true);
            graph.remove(uid);
            return Result.done();
        }
        if (entry.isVirtual()) {
            // It exists; its own watch will bring it.
            return Result.done();
        }
        JsonNode object = live.orElseThrow();
        if (entry.deletingDependents()) {
            return deleteDependentsOf(entry, resource.get(), object);
        }
        return judge(entry, resource.get(), object);
    }

    private Result judge(Entry entry, ApiResource resource, JsonNode object) {
        List<Owner> owners = Metadata.owners(object.path("metadata"));
        if (owners.isEmpty()) {
            return Result.done();
        }
        var found = new ArrayList<Found>();
        for (Owner owner : owners) {
            found.add(new Found(owner, stateOf(owner, entry)));
        }
        List<Entry> dependents = graph.dependents(entry.uid());
        switch (Judgement.of(found, Metadata.finalizers(object.path("metadata")), !dependents.isEmpty())) {
            case Judgement.Keep _ -> {}
            case Judgement.DropOwners(var uids) -> dropOwners(resource, object, uids);
            case Judgement.Delete(var propagation) -> {
                if (propagation.equals("Foreground")) {
                    unblockCycles(dependents);
                }
                delete(entry, resource, object, propagation);
            }
        }
        return found.stream().anyMatch(each -> each.state() == OwnerState.UNKNOWN)
                ? Result.again(Duration.ofSeconds(30))
                : Result.done();
    }

    private OwnerState stateOf(Owner owner, Entry dependent) {
        Optional<ApiResource> resource = resources.get().ofKind(owner.apiVersion(), owner.kind());
        if (resource.isEmpty()) {
            return OwnerState.UNKNOWN;
        }
        var reference = new Reference(
                owner.uid(),
                owner.apiVersion(),
                owner.kind(),
                resource.get().namespaced() ? dependent.namespace() : "",
                owner.name());
        if (absent.containsKey(reference)) {
            return OwnerState.ABSENT;
        }
        if (resource.get().namespaced() && dependent.namespace().isEmpty()) {
            // Not allowed, and never resolvable: said by an event upstream, and left alone.
            log.debug("{} names an owner in a namespace but has none", dependent);
            return OwnerState.UNKNOWN;
        }
        Optional<JsonNode> live = read(resource.get(), dependent.namespace(), owner.name());
        if (live.filter(object -> uid(object).equals(owner.uid())).isEmpty()) {
            absent.put(reference, true);
            return OwnerState.ABSENT;
        }
        JsonNode metadata = live.orElseThrow().path("metadata");
        boolean waiting = metadata.hasNonNull("deletionTimestamp")
                && Metadata.finalizers(metadata).contains(FOREGROUND);
        return waiting ? OwnerState.WAITING : OwnerState.THERE;
    }

    /// An object deleted in the foreground goes when no dependent blocks it any more.
    private Result deleteDependentsOf(Entry entry, ApiResource resource, JsonNode object) {
        List<Entry> blocking = graph.dependents(entry.uid()).stream()
                .filter(dependent -> dependent.owners().stream()
                        .anyMatch(owner -> owner.uid().equals(entry.uid()) && owner.blocks()))
                .toList();
        if (blocking.isEmpty()) {
            removeFinalizer(resource, object, FOREGROUND);
            return Result.done();
        }
        for (Entry dependent : blocking) {
            if (!dependent.deleting()) {
                Result _ = attemptToDelete(dependent.uid());
            }
        }
        return Result.again(LATER);
    }

    /// Owners that wait for each other would wait for ever: references that block are made not to.
    private void unblockCycles(List<Entry> dependents) {
        for (Entry dependent : dependents) {
            if (dependent.deletingDependents()) {
                resources.get().ofKind(dependent.apiVersion(), dependent.kind()).ifPresent(resource -> {
                    read(resource, dependent.namespace(), dependent.name())
                            .filter(object -> uid(object).equals(dependent.uid()))
                            .ifPresent(object -> {
                                var owners = Json.MAPPER.createArrayNode();
                                object.path("metadata").path("ownerReferences").forEach(owner -> {
                                    ObjectNode open = owner.deepCopy();
                                    owners.add(open.put("blockOwnerDeletion", false));
                                });
                                patchMetadata(resource, object, "ownerReferences", owners);
                            });
                });
            }
        }
    }

    /// Takes the reference to an orphaning owner off all its dependents, then lets the owner go.
    Result attemptToOrphan(String uid) {
        Entry owner = graph.find(uid).orElse(null);
        if (owner == null) {
            return Result.done();
        }
        for (Entry dependent : graph.dependents(uid)) {
            resources
                    .get()
                    .ofKind(dependent.apiVersion(), dependent.kind())
                    .ifPresent(resource -> read(resource, dependent.namespace(), dependent.name())
                            .filter(object -> uid(object).equals(dependent.uid()))
                            .ifPresent(object -> dropOwners(resource, object, Set.of(uid))));
        }
        Optional<ApiResource> resource = resources.get().ofKind(owner.apiVersion(), owner.kind());
        if (resource.isEmpty()) {
            return Result.again(LATER);
        }
        read(resource.get(), owner.namespace(), owner.name())
                .filter(object -> uid(object).equals(uid))
                .ifPresent(object -> removeFinalizer(resource.get(), object, ORPHAN));
        return Result.done();
    }

    private Optional<JsonNode> read(ApiResource resource, String namespace, String name) {
        try {
            return Optional.of(api.get(resource.path(namespace, name), METADATA));
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private void delete(Entry entry, ApiResource resource, JsonNode object, String propagation) {
        var options = Json.object()
                .put("kind", "DeleteOptions")
                .put("apiVersion", "v1")
                .put("propagationPolicy", propagation);
        options.putObject("preconditions")
                .put("uid", entry.uid())
                .put(
                        "resourceVersion",
                        object.path("metadata").path("resourceVersion").asText());
        try {
            api.delete(resource.path(entry.namespace(), entry.name()), options);
            log.debug("deleted {}, its owners are gone", entry);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
            graph.remove(entry.uid());
        }
    }

    private void dropOwners(ApiResource resource, JsonNode object, Set<String> uids) {
        var kept = Json.MAPPER.createArrayNode();
        object.path("metadata").path("ownerReferences").forEach(owner -> {
            if (!uids.contains(owner.path("uid").asText())) {
                kept.add(owner);
            }
        });
        patchMetadata(resource, object, "ownerReferences", kept);
    }

    private void removeFinalizer(ApiResource resource, JsonNode object, String finalizer) {
        var kept = Json.MAPPER.createArrayNode();
        object.path("metadata").path("finalizers").forEach(each -> {
            if (!each.asText().equals(finalizer)) {
                kept.add(each);
            }
        });
        patchMetadata(resource, object, "finalizers", kept);
    }

    /// A merge patch works for custom resources too. The resource version keeps it from undoing another's change.
    private void patchMetadata(ApiResource resource, JsonNode object, String field, JsonNode value) {
        JsonNode metadata = object.path("metadata");
        var change = Json.object();
        var part = change.putObject("metadata")
                .put("uid", metadata.path("uid").asText())
                .put("resourceVersion", metadata.path("resourceVersion").asText());
        part.set(field, value);
        try {
            api.patch(
                    resource.path(
                            metadata.path("namespace").asText(""),
                            metadata.path("name").asText()),
                    RawApi.MERGE_PATCH,
                    change);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    private static String uid(JsonNode object) {
        return object.path("metadata").path("uid").asText();
    }
}
