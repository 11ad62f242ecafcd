package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.AllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimConsumerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.scheduler.framework.PodInfo;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Writes allocations and reservations into claims. Thread-safe; blocks. All methods throw
/// [KubernetesClientException] when the API server refuses, and [IllegalStateException] when the claim has become one
/// that must not be written to.
final class ClaimWriter {
    /// Keeps an allocated claim from vanishing with its devices still in use.
    private static final String FINALIZER = "resource.kubernetes.io/delete-protection";

    private static final int MAX_TRIES = 5;

    private final RawApi api;

    ClaimWriter(KubernetesClient client) {
        this.api = new RawApi(client);
    }

    /// Reserves a claim for a pod.
    ///
    /// @param allocation is written too; null when the claim has one
    /// @return the claim as it is then
    ResourceClaim reserve(ResourceClaim claim, @Nullable AllocationResult allocation, PodInfo pod) {
        String what = allocation == null ? "add reservation to claim " : "add allocation and reservation to claim ";
        return retried(claim, what, latest -> {
            if (latest.getMetadata().getDeletionTimestamp() != null) {
                throw new IllegalStateException("claim " + Claims.name(claim) + " got deleted in the meantime");
            }
            if (allocation != null && Claims.isAllocated(latest)) {
                throw new IllegalStateException(
                        "claim " + Claims.name(claim) + " got allocated elsewhere in the meantime");
            }
            ResourceClaim guarded = allocation == null ? latest : guarded(latest);
            var status = new ResourceClaimBuilder(guarded).editOrNewStatus();
            if (allocation != null) {
                status.withAllocation(allocation);
            }
            status.addToReservedFor(
                    new ResourceClaimConsumerReference(null, pod.key().name(), "pods", pod.uid()));
            return status.endStatus().build();
        });
    }

    private ResourceClaim guarded(ResourceClaim claim) {
        if (claim.getMetadata().getFinalizers().contains(FINALIZER)) {
            return claim;
        }
        return put(
                RawApi.path(claim),
                new ResourceClaimBuilder(claim)
                        .editMetadata()
                        .addToFinalizers(FINALIZER)
                        .endMetadata()
                        .build());
    }

    /// Takes a claim's devices back, unless others than the pod use it by now.
    ///
    /// @return the claim as it is then
    ResourceClaim deallocate(ResourceClaim claim, PodInfo pod) {
        return retried(claim, "deallocate claim ", latest -> {
            boolean used = Claims.consumers(latest).stream()
                    .anyMatch(consumer -> !pod.uid().equals(consumer.getUid()));
            if (used) {
                throw new IllegalStateException("claim " + Claims.name(claim) + " is in use by now");
            }
            return new ResourceClaimBuilder(latest)
                    .editOrNewStatus()
                    .withAllocation(null)
                    .withReservedFor(List.of())
                    .withDevices(List.of())
                    .endStatus()
                    .build();
        });
    }

    /// Takes back what [#reserve] wrote for a pod, but for the allocation: another pod may use that.
    void release(ResourceClaim claim, PodInfo pod) {
        var change = Json.object();
        change.putObject("metadata").put("uid", Claims.uid(claim));
        change.putObject("status")
                .putArray("reservedFor")
                .addObject()
                .put("$patch", "delete")
                .put("uid", pod.uid());
        api.patch(RawApi.path(claim) + "/status", RawApi.STRATEGIC_PATCH, change);
    }

    /// Changes a claim's status, and again when somebody else was faster.
    private ResourceClaim retried(ResourceClaim claim, String what, UnaryOperator<ResourceClaim> change) {
        ResourceClaim latest = claim;
        for (int attempt = 1; ; attempt++) {
            try {
                return put(RawApi.path(claim) + "/status", change.apply(latest));
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || attempt == MAX_TRIES) {
                    throw new IllegalStateException(what + Claims.name(claim) + ": " + e.getMessage(), e);
                }
                latest = Json.as(api.get(RawApi.path(claim)), ResourceClaim.class);
                if (!Claims.uid(latest).equals(Claims.uid(claim))) {
                    throw new IllegalStateException("claim " + Claims.name(claim) + " got deleted in the meantime", e);
                }
            }
        }
    }

    private ResourceClaim put(String path, ResourceClaim claim) {
        return Json.as(api.put(path, claim), ResourceClaim.class);
    }
}
