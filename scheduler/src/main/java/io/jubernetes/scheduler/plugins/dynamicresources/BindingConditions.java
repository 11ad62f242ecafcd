package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.resource.v1.AllocatedDeviceStatus;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.time.Deadline;
import java.util.List;
import java.util.Objects;

/// Waits for devices that have to be made ready after they are allocated, such as those of a fabric that are attached
/// to the node first. Thread-safe; blocks.
final class BindingConditions {
    private static final long LOOK_MILLIS = 250;

    private final ClaimLedger ledger;

    /// The devices will not become ready.
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }
    }

    BindingConditions(ClaimLedger ledger) {
        this.ledger = ledger;
    }

    /// Returns when the drivers have said that all devices of a claim are ready; at once for most claims.
    void await(ResourceClaim claim, Deadline deadline) throws InterruptedException, Failed {
        ResourceClaim now = claim;
        while (!areReady(now)) {
            if (deadline.isOver()) {
                throw new Failed("claim " + Claims.name(claim) + ": device binding timeout");
            }
            Thread.sleep(LOOK_MILLIS);
            now = ledger.find(ObjectKey.of(claim))
                    .filter(Claims::isAllocated)
                    .orElseThrow(() -> new Failed("claim " + Claims.name(claim) + " got deallocated in the meantime"));
        }
    }

    private static boolean areReady(ResourceClaim claim) throws Failed {
        boolean ready = true;
        for (DeviceRequestAllocationResult result :
                claim.getStatus().getAllocation().getDevices().getResults()) {
            List<String> met = claim.getStatus().getDevices().stream()
                    .filter(status -> isOf(status, result))
                    .flatMap(status -> status.getConditions().stream())
                    .filter(condition -> "True".equals(condition.getStatus()))
                    .map(Condition::getType)
                    .toList();
            for (String failure : result.getBindingFailureConditions()) {
                if (met.contains(failure)) {
                    throw new Failed("claim " + Claims.name(claim) + " binding failed: device " + DeviceId.of(result)
                            + " has condition " + failure);
                }
            }
            ready &= met.containsAll(result.getBindingConditions());
        }
        return ready;
    }

    private static boolean isOf(AllocatedDeviceStatus status, DeviceRequestAllocationResult result) {
        return status.getDriver().equals(result.getDriver())
                && status.getPool().equals(result.getPool())
                && status.getDevice().equals(result.getDevice())
                && Objects.equals(status.getShareID(), result.getShareID());
    }
}
