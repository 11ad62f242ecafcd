package io.jubernetes.controllermanager.resourceclaim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.PodResourceClaimStatus;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimConsumerReference;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.Pods;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Runs the life of resource claims beside the scheduler, which allocates them.
public final class ResourceClaimController {
    private static final Duration CACHE_LAG = Duration.ofMillis(20);

    private final ControllerContext context;
    private final Informed<Pod> pods;
    private final Informed<ResourceClaim> claims;
    private final Informed<ResourceClaimTemplate> templates;
    private final OwnWrites<ResourceClaim> writes;
    private final EventRecorder events;

    private ResourceClaimController(ControllerContext context) {
        this.context = context;
        this.pods = context.informers().of(Pod.class);
        this.claims = context.informers().of(ResourceClaim.class);
        this.templates = context.informers().of(ResourceClaimTemplate.class);
        this.writes = new OwnWrites<>(claims);
        this.events = context.events("resource_claim");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new ResourceClaimController(context);
        WorkQueue<ObjectKey> podQueue = context.queue("resource_claim_pods");
        WorkQueue<ObjectKey> claimQueue = context.queue("resource_claim");
        controller.pods.listen((before, after) -> {
            Pod any = after == null ? before : after;
            if (any == null || any.getSpec().getResourceClaims().isEmpty()) {
                return;
            }
            if (after != null) {
                podQueue.add(ObjectKey.of(after));
            }
            boolean ended = after == null || Pods.isTerminal(after);
            if (ended) {
                names(any)
                        .values()
                        .forEach(claim ->
                                claimQueue.add(ObjectKey.of(any.getMetadata().getNamespace(), claim)));
            }
        });
        controller.templates.listen((before, after) -> {
            if (before == null && after != null) {
                controller.pods.inNamespace(after.getMetadata().getNamespace()).stream()
                        .filter(pod -> pod.getSpec().getResourceClaims().stream()
                                .anyMatch(each ->
                                        after.getMetadata().getName().equals(each.getResourceClaimTemplateName())))
                        .forEach(pod -> podQueue.add(ObjectKey.of(pod)));
            }
        });
        controller.claims.listenAny(claim -> {
            claimQueue.add(ObjectKey.of(claim));
            controller.consumers(claim).forEach(podQueue::add);
        });
        return Controller.of(
                context.runner(name, podQueue, (key, _) -> controller.reconcilePod(key)),
                context.runner(name + "-claims", claimQueue, (key, _) -> controller.reconcileClaim(key)));
    }

    private List<ObjectKey> consumers(ResourceClaim claim) {
        return claim.getMetadata().getOwnerReferences().stream()
                .filter(owner -> owner.getKind().equals("Pod"))
                .map(owner -> ObjectKey.of(claim.getMetadata().getNamespace(), owner.getName()))
                .toList();
    }

    /// The names of a pod's claims by the name the pod gives them, as far as they are known.
    static Map<String, String> names(Pod pod) {
        Map<String, String> names = new LinkedHashMap<>();
        for (PodResourceClaim claim : pod.getSpec().getResourceClaims()) {
            if (claim.getResourceClaimName() != null) {
                names.put(claim.getName(), claim.getResourceClaimName());
            }
        }
        List<PodResourceClaimStatus> known =
                pod.getStatus() == null ? List.of() : pod.getStatus().getResourceClaimStatuses();
        for (PodResourceClaimStatus status : known) {
            if (status.getResourceClaimName() != null) {
                names.put(status.getName(), status.getResourceClaimName());
            }
        }
        return names;
    }

    private Result reconcilePod(ObjectKey key) {
        Pod pod = pods.find(key).orElse(null);
        if (pod == null || Pods.isTerminating(pod) || Pods.isTerminal(pod)) {
            return Result.done();
        }
        if (writes.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        Map<String, String> known = names(pod);
        var fresh = new LinkedHashMap<String, String>();
        for (PodResourceClaim named : pod.getSpec().getResourceClaims()) {
            if (named.getResourceClaimTemplateName() != null && !known.containsKey(named.getName())) {
                Optional<String> made = ensure(key, pod, named);
                if (made.isEmpty()) {
                    // The template is not there yet: it will wake this pod.
                    return Result.done();
                }
                fresh.put(named.getName(), made.get());
            }
        }
        if (!fresh.isEmpty()) {
            tellNames(pod, fresh);
        }
        known.putAll(fresh);
        reserve(pod, known);
        return Result.done();
    }

    private Optional<String> ensure(ObjectKey key, Pod pod, PodResourceClaim named) {
        Optional<ResourceClaim> there = ClaimPlan.generated(pod, named, claims.inNamespace(key.namespace()));
        if (there.isPresent()) {
            return there.map(claim -> claim.getMetadata().getName());
        }
        Optional<ResourceClaimTemplate> template =
                templates.find(new ObjectKey(key.namespace(), named.getResourceClaimTemplateName()));
        if (template.isEmpty()) {
            events.warning(
                    pod,
                    "FailedResourceClaimCreation",
                    "PodResourceClaim " + named.getName() + ": resource claim template \""
                            + named.getResourceClaimTemplateName() + "\" not found");
            return Optional.empty();
        }
        try {
            ResourceClaim made = createOrFind(pod, ClaimPlan.generate(pod, named, template.get()));
            writes.wrote(key, made);
            return Optional.of(made.getMetadata().getName());
        } catch (KubernetesClientException e) {
            if (PodControl.isNamespaceTerminating(e)) {
                return Optional.empty();
            }
            events.warning(
                    pod,
                    "FailedResourceClaimCreation",
                    "PodResourceClaim " + named.getName() + ": " + Failures.message(e));
            throw e;
        }
    }

    /// One that is there already was made by a request whose answer was lost, or before a restart.
    private ResourceClaim createOrFind(Pod pod, ResourceClaim claim) {
        try {
            return context.client().resource(claim).create();
        } catch (KubernetesClientException e) {
            ResourceClaim there =
                    e.getCode() == 409 ? context.client().resource(claim).get() : null;
            if (there == null || !Owners.isControlledBy(there, pod)) {
                throw e;
            }
            return there;
        }
    }

    private void tellNames(Pod pod, Map<String, String> names) {
        var change = Json.object();
        change.putObject("metadata").put("uid", pod.getMetadata().getUid());
        var list = change.putObject("status").putArray("resourceClaimStatuses");
        names.forEach((name, claim) -> list.addObject().put("name", name).put("resourceClaimName", claim));
        context.raw().patch(RawApi.path(pod) + "/status", RawApi.STRATEGIC_PATCH, change);
    }

    /// A pod that came to its node without the scheduler has reserved nothing; what is allocated already
    /// it may use.
    private void reserve(Pod pod, Map<String, String> names) {
        if (pod.getSpec().getNodeName() == null || pod.getSpec().getNodeName().isEmpty()) {
            return;
        }
        for (String name : names.values()) {
            ResourceClaim claim = claims.find(ObjectKey.of(pod.getMetadata().getNamespace(), name))
                    .orElse(null);
            boolean allocated = claim != null
                    && claim.getStatus() != null
                    && claim.getStatus().getAllocation() != null;
            if (claim == null
                    || !allocated
                    || claim.getStatus().getReservedFor().stream()
                            .anyMatch(each -> pod.getMetadata().getUid().equals(each.getUid()))) {
                continue;
            }
            var reserved = new ArrayList<>(claim.getStatus().getReservedFor());
            reserved.add(new ResourceClaimConsumerReference(
                    null, pod.getMetadata().getName(), "pods", pod.getMetadata().getUid()));
            ResourceClaim _ = context.client()
                    .resource(claim.toBuilder()
                            .editStatus()
                            .withReservedFor(reserved)
                            .endStatus()
                            .build())
                    .subresource("status")
                    .update();
        }
    }

    private Result reconcileClaim(ObjectKey key) {
        ResourceClaim claim = claims.find(key).orElse(null);
        if (claim == null) {
            return Result.done();
        }
        Optional<Pod> owner = consumers(claim).stream()
                .findFirst()
                .flatMap(pods::find)
                .filter(pod -> claim.getMetadata().getOwnerReferences().stream()
                        .anyMatch(each -> each.getUid().equals(pod.getMetadata().getUid())));
        ClaimPlan plan = ClaimPlan.of(claim, reference -> isGone(key.namespace(), reference), owner);
        if (plan.delete() && owner.isEmpty() && ownerIsThere(claim)) {
            return Result.again(Duration.ofSeconds(1));
        }
        List<ResourceClaimConsumerReference> before =
                claim.getStatus() == null ? List.of() : claim.getStatus().getReservedFor();
        ResourceClaim now = claim;
        if (plan.deallocate() || !plan.reservedFor().equals(before)) {
            var status = claim.toBuilder().editOrNewStatus().withReservedFor(plan.reservedFor());
            if (plan.deallocate()) {
                status.withAllocation(null).withDevices(List.of());
            }
            now = context.client()
                    .resource(status.endStatus().build())
                    .subresource("status")
                    .update();
        }
        boolean free = now.getStatus() == null || now.getStatus().getAllocation() == null;
        // The scheduler protects a claim before it writes the allocation, so a free claim alone says nothing.
        boolean ends = plan.deallocate() || claim.getMetadata().getDeletionTimestamp() != null;
        if (free && ends && now.getMetadata().getFinalizers().contains(ClaimPlan.FINALIZER)) {
            context.client()
                    .resource(now.toBuilder()
                            .editMetadata()
                            .removeFromFinalizers(ClaimPlan.FINALIZER)
                            .endMetadata()
                            .build())
                    .update();
        }
        if (plan.delete()) {
            delete(now);
        }
        return Result.done();
    }

    private boolean isGone(String namespace, ResourceClaimConsumerReference reference) {
        Pod pod = pods.find(new ObjectKey(namespace, reference.getName()))
                .filter(each -> each.getMetadata().getUid().equals(reference.getUid()))
                .orElse(null);
        if (pod != null) {
            boolean neverRan = Pods.isTerminating(pod)
                    && (pod.getSpec().getNodeName() == null
                            || pod.getSpec().getNodeName().isEmpty());
            return Pods.isTerminal(pod) || neverRan;
        }
        // The scheduler may have reserved it for a pod this cache has not seen yet.
        Pod live = context.client()
                .pods()
                .inNamespace(namespace)
                .withName(reference.getName())
                .get();
        return live == null || !live.getMetadata().getUid().equals(reference.getUid());
    }

    private boolean ownerIsThere(ResourceClaim claim) {
        return claim.getMetadata().getOwnerReferences().stream()
                .filter(owner -> owner.getKind().equals("Pod"))
                .anyMatch(owner -> {
                    Pod live = context.client()
                            .pods()
                            .inNamespace(claim.getMetadata().getNamespace())
                            .withName(owner.getName())
                            .get();
                    return live != null && live.getMetadata().getUid().equals(owner.getUid()) && !Pods.isTerminal(live);
                });
    }

    private void delete(ResourceClaim claim) {
        try {
            context.raw().delete(claim, null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
