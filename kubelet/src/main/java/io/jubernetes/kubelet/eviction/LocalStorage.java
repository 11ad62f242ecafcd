package io.jubernetes.kubelet.eviction;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.container.Resources;
import io.jubernetes.kubelet.pod.PodState;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.volume.PodDirectories;
import java.util.Optional;

/// Holds pods to the disk space they said they would need.
final class LocalStorage {
    private static final String RESOURCE = "ephemeral-storage";

    private final PodDirectories directories;
    private final ContainerRuntime runtime;

    LocalStorage(PodDirectories directories, ContainerRuntime runtime) {
        this.directories = directories;
        this.runtime = runtime;
    }

    /// What a pod takes too much of; empty when it keeps its limits, or has none.
    Optional<String> excess(Pod pod, PodState state) {
        String uid = pod.getMetadata().getUid();
        long volumes = 0;
        boolean limited = pod.getSpec().getContainers().stream()
                .anyMatch(container -> Resources.limit(container, RESOURCE).isPresent());
        for (Volume volume : pod.getSpec().getVolumes()) {
            // A file system in memory has its limit built in.
            if (volume.getEmptyDir() == null
                    || "Memory".equals(volume.getEmptyDir().getMedium())) {
                continue;
            }
            var limit = volume.getEmptyDir().getSizeLimit();
            boolean hasLimit = limit != null && Quantity.parse(limit.toString()).signum() > 0;
            if (!hasLimit && !limited) {
                continue;
            }
            long used = DiskUse.of(directories.volume(uid, "empty-dir", volume.getName()));
            volumes += used;
            if (hasLimit && used > Quantity.parse(limit.toString()).toLong()) {
                return Optional.of(
                        "Usage of EmptyDir volume \"" + volume.getName() + "\" exceeds the limit \"" + limit + "\". ");
            }
        }
        return limited ? containers(pod, state, volumes) : Optional.empty();
    }

    private Optional<String> containers(Pod pod, PodState state, long volumes) {
        long total = volumes;
        Quantity allowed = Quantity.ZERO;
        boolean all = true;
        for (Container container : pod.getSpec().getContainers()) {
            Optional<Quantity> limit = Resources.limit(container, RESOURCE);
            long used = state.newest(container.getName())
                    .filter(ContainerInfo::running)
                    .map(this::written)
                    .orElse(0L);
            total += used;
            all &= limit.isPresent();
            allowed = allowed.plus(limit.orElse(Quantity.ZERO));
            if (limit.isPresent() && used > limit.get().toLong()) {
                return Optional.of("Container " + container.getName() + " exceeded its local ephemeral storage limit \""
                        + limit.get() + "\". ");
            }
        }
        return all && total > allowed.toLong()
                ? Optional.of(
                        "Pod ephemeral local storage usage exceeds the total limit of containers " + allowed + ". ")
                : Optional.empty();
    }

    private long written(ContainerInfo container) {
        try {
            return runtime.writableBytes(container.id());
        } catch (RuntimeFailure e) {
            return 0;
        }
    }
}
