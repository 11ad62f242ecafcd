package io.jubernetes.kubelet.volume;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EmptyDirVolumeSource;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.cluster.ClusterFailure;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.container.DownwardFields.Addresses;
import io.jubernetes.kubelet.container.StartFailure;
import io.jubernetes.kubelet.csi.CsiDrivers;
import io.jubernetes.kubelet.pod.Containers;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sets up the volumes of pods. Calls for one pod must not overlap; different pods are independent.
public final class Volumes {
    private static final Logger LOG = LoggerFactory.getLogger(Volumes.class);

    private final PodDirectories directories;
    private final Payloads payloads;
    private final Tokens tokens;
    private final Claims claims;
    private final PersistentVolumes persistent;
    private final CsiVolumes csi;
    private final Clock clock;

    /// @param drivers of storage on this node, which is called `nodeName`
    public Volumes(
            PodDirectories directories, ClusterObjects objects, CsiDrivers drivers, String nodeName, Clock clock) {
        this.directories = directories;
        this.tokens = new Tokens(objects, clock);
        this.payloads = new Payloads(objects, tokens);
        this.claims = new Claims(objects);
        this.csi = new CsiVolumes(directories, objects, drivers, tokens, nodeName);
        this.persistent = new PersistentVolumes(directories);
        this.clock = clock;
    }

    /// Sets up or refreshes all volumes that the pod's containers use.
    ///
    /// @return where each volume is
    /// @throws VolumeFailure for the first one that cannot be set up
    public Map<String, Path> setUp(Pod pod, Addresses addresses, Map<String, Quantity> allocatable)
            throws VolumeFailure {
        var context = new Payloads.Context(pod, addresses, allocatable);
        Set<String> used = used(pod);
        Map<String, Path> paths = new LinkedHashMap<>();
        for (Volume volume : pod.getSpec().getVolumes()) {
            // Images are fetched and mounted when the container that needs them starts.
            if (!used.contains(volume.getName()) || volume.getImage() != null) {
                continue;
            }
            try {
                paths.put(volume.getName(), setUp(context, volume));
            } catch (IOException | ClusterFailure e) {
                throw new VolumeFailure(volume.getName(), message(e));
            }
        }
        return paths;
    }

    private static String message(Exception e) {
        return e instanceof java.nio.file.FileSystemException ? e.toString() : String.valueOf(e.getMessage());
    }

    private static Set<String> used(Pod pod) {
        var names = new HashSet<String>();
        for (Container container : Containers.all(pod)) {
            container.getVolumeMounts().forEach(mount -> names.add(mount.getName()));
            container.getVolumeDevices().forEach(device -> names.add(device.getName()));
        }
        return names;
    }

    private Path setUp(Payloads.Context context, Volume volume) throws IOException, ClusterFailure, VolumeFailure {
        String uid = context.pod().getMetadata().getUid();
        if (volume.getHostPath() != null) {
            return HostPaths.prepare(volume.getHostPath());
        }
        if (volume.getNfs() != null) {
            return persistent.prepare(uid, volume.getName(), volume.getNfs());
        }
        Optional<String> claim = Claims.name(context.pod(), volume);
        if (claim.isPresent()) {
            Claims.Bound bound = claims.of(context.pod(), volume, claim.get());
            PersistentVolume found = bound.volume();
            if (found.getSpec().getCsi() != null) {
                return csi.setUp(context.pod(), bound, isReadOnly(context.pod(), volume.getName()));
            }
            Path path = persistent.prepare(uid, found);
            Long group = fsGroup(context.pod());
            // As upstream: directories of the node that an administrator hands out by path keep their owner.
            if (group != null && found.getSpec().getHostPath() == null && Files.isDirectory(path)) {
                own(path, group, context.pod());
            }
            return path;
        }
        if (volume.getCsi() != null) {
            return csi.setUp(context.pod(), volume.getName(), volume.getCsi());
        }
        if (volume.getEmptyDir() != null) {
            Path path = directories.volume(uid, "empty-dir", volume.getName());
            if (!Files.exists(path) || isMemory(volume.getEmptyDir()) && !Mounts.isMounted(path)) {
                emptyDir(path, volume.getEmptyDir(), fsGroup(context.pod()));
            }
            return path;
        }
        String plugin = plugin(volume);
        Path path = directories.volume(uid, plugin, volume.getName());
        Map<String, AtomicWriter.Projection> files = payloads.of(context, volume);
        if (!Files.exists(path)) {
            Files.createDirectories(path);
            if (!plugin.equals("configmap")) {
                inMemory(path);
            }
            Files.setAttribute(path, "unix:mode", 01777);
        }
        Long group = fsGroup(context.pod());
        boolean changed = new AtomicWriter(path, clock).write(files, group);
        if (changed && group != null) {
            Files.setAttribute(path, "unix:gid", group.intValue());
        }
        return path;
    }

    /// Gives a volume to the pod's group, unless it has it and the pod says that this will do.
    static void own(Path path, long group, Pod pod) throws IOException {
        boolean lazy =
                "OnRootMismatch".equals(pod.getSpec().getSecurityContext().getFsGroupChangePolicy());
        boolean fits = ((Number) Files.getAttribute(path, "unix:gid")).longValue() == group
                && (((Integer) Files.getAttribute(path, "unix:mode")) & Ownership.DIRECTORY) == Ownership.DIRECTORY;
        if (!lazy || !fits) {
            Ownership.apply(path, group, false);
        }
    }

    private static String plugin(Volume volume) throws IOException {
        if (volume.getConfigMap() != null) {
            return "configmap";
        }
        if (volume.getSecret() != null) {
            return "secret";
        }
        if (volume.getDownwardAPI() != null) {
            return "downward-api";
        }
        if (volume.getProjected() != null) {
            return "projected";
        }
        throw new IOException("no volume plugin matched");
    }

    private static boolean isMemory(EmptyDirVolumeSource source) {
        return "Memory".equals(source.getMedium());
    }

    private static void emptyDir(Path path, EmptyDirVolumeSource source, @Nullable Long group) throws IOException {
        Files.createDirectories(path);
        if (isMemory(source)) {
            long limit = source.getSizeLimit() == null
                    ? 0
                    : Quantity.parse(source.getSizeLimit().toString()).toLong();
            Mounts.tmpfs(path, limit);
        }
        Files.setAttribute(path, "unix:mode", 0777);
        if (group != null) {
            Ownership.apply(path, group, false);
        }
    }

    /// Secrets shall not reach the disk; where mounting is not allowed, permissions must do.
    private static void inMemory(Path path) throws IOException {
        try {
            Mounts.tmpfs(path, 0);
        } catch (Native.Failure e) {
            LOG.warn("secrets go to disk: {}", e.getMessage());
        }
    }

    static @Nullable Long fsGroup(Pod pod) {
        var security = pod.getSpec().getSecurityContext();
        return security == null ? null : security.getFsGroup();
    }

    /// Replaces references to a container's variables.
    @FunctionalInterface
    public interface Expander {
        String apply(String text) throws StartFailure;
    }

    /// The mounts of one container.
    ///
    /// @param paths what [#setUp] returned
    /// @param expand replaces references to the container's variables
    /// @throws VolumeFailure when a part of a volume cannot be had
    public List<ContainerSpec.Mount> mounts(Pod pod, Container container, Map<String, Path> paths, Expander expand)
            throws VolumeFailure, StartFailure {
        var result = new ArrayList<ContainerSpec.Mount>();
        int index = 0;
        for (VolumeMount mount : container.getVolumeMounts()) {
            Path path = paths.get(mount.getName());
            if (path == null) {
                throw new VolumeFailure(mount.getName(), "the pod has no such volume");
            }
            String subPath =
                    mount.getSubPathExpr() != null && !mount.getSubPathExpr().isEmpty()
                            ? expand.apply(mount.getSubPathExpr())
                            : Objects.requireNonNullElse(mount.getSubPath(), "");
            Path source = path;
            if (!subPath.isEmpty()) {
                source = directories.subPath(pod.getMetadata().getUid(), mount.getName(), container.getName(), index);
                try {
                    SubPath.bind(path, subPath, source);
                } catch (IOException e) {
                    throw new VolumeFailure(mount.getName(), message(e));
                }
            }
            result.add(new ContainerSpec.Mount(
                    source.toString(),
                    containerPath(mount.getMountPath()),
                    Boolean.TRUE.equals(mount.getReadOnly()) || isReadOnly(pod, mount.getName()),
                    switch (Objects.requireNonNullElse(mount.getMountPropagation(), "None")) {
                        case "HostToContainer" -> "rslave";
                        case "Bidirectional" -> "rshared";
                        default -> "private";
                    }));
            index++;
        }
        return result;
    }

    /// The block devices of one container.
    public List<ContainerSpec.Device> devices(Pod pod, Container container, Map<String, Path> paths) {
        var devices = new ArrayList<ContainerSpec.Device>();
        for (var device : container.getVolumeDevices()) {
            Path path = paths.get(device.getName());
            if (path != null) {
                devices.add(new ContainerSpec.Device(
                        path.toString(), device.getDevicePath(), isReadOnly(pod, device.getName()) ? "rm" : "rwm"));
            }
        }
        return devices;
    }

    private static String containerPath(String path) {
        return path.startsWith("/") ? path : "/" + path;
    }

    /// Volumes with content from the API cannot be written to, whatever a mount says.
    private static boolean isReadOnly(Pod pod, String name) {
        return pod.getSpec().getVolumes().stream()
                .filter(volume -> volume.getName().equals(name))
                .anyMatch(volume -> volume.getPersistentVolumeClaim() != null
                                && Boolean.TRUE.equals(
                                        volume.getPersistentVolumeClaim().getReadOnly())
                        || volume.getConfigMap() != null
                        || volume.getSecret() != null
                        || volume.getDownwardAPI() != null
                        || volume.getProjected() != null);
    }

    /// The attached volumes that are on this node, under the names that the node's status has for them.
    public List<String> inUse() {
        return csi.inUse();
    }

    /// Takes down all volumes of a pod and removes its directory.
    /// Nothing outside the pod's directory is touched.
    ///
    /// @throws IOException when something cannot be unmounted or removed
    public void tearDown(String podUid) throws IOException {
        csi.tearDown(podUid);
        PodVolumes.remove(directories, podUid);
        tokens.forget(podUid);
    }
}
