package io.jubernetes.controllermanager.resourceclaim;

import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceTaint;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceToleration;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.jubernetes.common.scheduling.DeviceTolerations;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// When the pods that use a claim must go because of taints on its devices. Pure.
final class DeviceTaints {
    private DeviceTaints() {}

    /// The earliest time; empty when they may stay.
    static Optional<Instant> evictionTime(ResourceClaim claim, Collection<ResourceSlice> slices, Instant now) {
        var allocation = claim.getStatus() == null ? null : claim.getStatus().getAllocation();
        if (allocation == null || allocation.getDevices() == null) {
            return Optional.empty();
        }
        return allocation.getDevices().getResults().stream()
                .flatMap(result -> device(result, slices).stream()
                        .flatMap(device -> device.getTaints().stream())
                        .filter(taint -> "NoExecute".equals(taint.getEffect()))
                        .flatMap(taint -> time(taint, result.getTolerations(), now).stream()))
                .min(Instant::compareTo);
    }

    /// The device, in the newest generation of its pool.
    private static Optional<Device> device(DeviceRequestAllocationResult result, Collection<ResourceSlice> slices) {
        List<ResourceSlice> pool = slices.stream()
                .filter(slice -> result.getDriver().equals(slice.getSpec().getDriver())
                        && result.getPool().equals(slice.getSpec().getPool().getName()))
                .toList();
        long newest = pool.stream().mapToLong(DeviceTaints::generation).max().orElse(0);
        return pool.stream()
                .filter(slice -> generation(slice) == newest)
                .flatMap(slice -> slice.getSpec().getDevices().stream())
                .filter(device -> result.getDevice().equals(device.getName()))
                .findFirst();
    }

    private static long generation(ResourceSlice slice) {
        Long generation = slice.getSpec().getPool().getGeneration();
        return generation == null ? 0 : generation;
    }

    private static Optional<Instant> time(DeviceTaint taint, List<DeviceToleration> tolerations, Instant now) {
        Instant since = Times.parse(taint.getTimeAdded()).orElse(now);
        List<DeviceToleration> matching = tolerations.stream()
                .filter(toleration -> DeviceTolerations.tolerates(toleration, taint))
                .toList();
        if (matching.isEmpty()) {
            return Optional.of(since);
        }
        // The shortest of the tolerations that end is what counts.
        return matching.stream()
                .map(DeviceToleration::getTolerationSeconds)
                .filter(Objects::nonNull)
                .map(seconds -> since.plusSeconds(Math.max(0, seconds)))
                .min(Instant::compareTo);
    }
}
