package io.jubernetes.kubelet.volume;

import io.fabric8.kubernetes.api.model.CSIVolumeSource;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretReference;
import io.fabric8.kubernetes.api.model.storage.CSIDriver;
import io.fabric8.kubernetes.api.model.storage.CSIDriverSpec;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.jubernetes.common.codec.Sha256;
import io.jubernetes.kubelet.cluster.ClusterFailure;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.csi.CsiDriver;
import io.jubernetes.kubelet.csi.CsiDriver.Capability;
import io.jubernetes.kubelet.csi.CsiDrivers;
import io.jubernetes.kubelet.csi.CsiVolume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Volumes of storage drivers: has them staged on the node and published to pods, and taken back. What it must know for
/// that lies beside the mounts, so a new kubelet goes on where the old one was. Calls for one pod must not overlap.
final class CsiVolumes {
    private static final Logger LOG = LoggerFactory.getLogger(CsiVolumes.class);
    private static final int STRIPES = 32;

    private final CsiDirectories directories;
    private final ClusterObjects objects;
    private final CsiDrivers drivers;
    private final CsiDetails details;
    private final String nodeName;
    /// What this kubelet has published, by path: no need to ask again.
    private final Set<Path> published = ConcurrentHashMap.newKeySet();
    /// Staging and unstaging of one volume must not overlap.
    private final List<Object> stripes;

    CsiVolumes(PodDirectories pods, ClusterObjects objects, CsiDrivers drivers, Tokens tokens, String nodeName) {
        this.directories = new CsiDirectories(pods);
        this.objects = objects;
        this.drivers = drivers;
        this.details = new CsiDetails(objects, tokens, nodeName);
        this.nodeName = nodeName;
        var locks = new ArrayList<Object>();
        for (int i = 0; i < STRIPES; i++) {
            locks.add(new Object());
        }
        this.stripes = List.copyOf(locks);
    }

    private Object lock(CsiVolumeData volume) {
        return stripes.get(Math.floorMod((volume.driver() + volume.handle()).hashCode(), STRIPES));
    }

    /// A claim's volume for a pod.
    ///
    /// @param readOnly whether the pod wants it so
    /// @return where it is mounted, or the device
    Path setUp(Pod pod, Claims.Bound bound, boolean readOnly) throws VolumeFailure {
        PersistentVolume volume = bound.volume();
        var spec = volume.getSpec();
        var source = spec.getCsi();
        String name = volume.getMetadata().getName();
        String step = "MountDevice";
        try {
            CsiDriver driver = drivers.get(source.getDriver());
            Optional<CSIDriver> object = objects.csiDriver(source.getDriver());
            boolean block = "Block".equals(spec.getVolumeMode());
            step = "WaitForAttach";
            Optional<VolumeAttachment> attachment =
                    details.attachment(object, source.getDriver(), source.getVolumeHandle());
            var data = new CsiVolumeData(
                    source.getDriver(),
                    source.getVolumeHandle(),
                    name,
                    nodeName,
                    attachment.map(one -> one.getMetadata().getName()).orElse(""),
                    CsiVolumeData.PERSISTENT);
            var use = new CsiVolume.Use(
                    block,
                    Objects.requireNonNullElse(source.getFsType(), ""),
                    spec.getMountOptions(),
                    spec.getAccessModes().isEmpty() ? "" : spec.getAccessModes().getFirst(),
                    CsiDetails.group(driver, pod));
            var plain = new CsiVolume(
                    source.getVolumeHandle(),
                    CsiDetails.orEmpty(source.getVolumeAttributes()),
                    attachment.map(CsiDetails::attached).orElse(Map.of()),
                    Map.of(),
                    use);
            step = "MountDevice";
            CsiVolume staged = plain.with(details.secret(source.getNodeStageSecretRef()), Map.of());
            Optional<Path> staging =
                    stage(driver, data, staged, pod.getMetadata().getUid());
            step = "SetUp";
            CsiVolume own =
                    plain.with(details.secret(source.getNodePublishSecretRef()), details.context(pod, object, false));
            Path target = publish(
                    driver,
                    data,
                    own,
                    staging,
                    pod,
                    readOnly || isTrue(source.getReadOnly()),
                    CsiDetails.isRepublished(object));
            if (!block
                    && !readOnly
                    && CsiDetails.ownsFiles(object, use)
                    && use.group().isEmpty()) {
                own(pod, target);
            }
            step = "NodeExpandVolume";
            expand(
                    driver,
                    bound,
                    plain.with(details.secret(source.getNodeExpandSecretRef()), Map.of()),
                    target,
                    staging);
            return target;
        } catch (IOException | ClusterFailure e) {
            throw new VolumeFailure(step, name, String.valueOf(e.getMessage()));
        }
    }

    /// A volume that lives and dies with its pod.
    Path setUp(Pod pod, String name, CSIVolumeSource source) throws VolumeFailure {
        try {
            CsiDriver driver = drivers.get(source.getDriver());
            Optional<CSIDriver> object = objects.csiDriver(source.getDriver());
            List<String> modes = object.map(CSIDriver::getSpec)
                    .map(CSIDriverSpec::getVolumeLifecycleModes)
                    .orElse(List.of());
            if (!modes.contains(CsiVolumeData.EPHEMERAL)) {
                throw new IOException("volume mode \"Ephemeral\" not supported by driver " + source.getDriver()
                        + (object.isEmpty() ? " (no CSIDriver object)" : " (only supports " + modes + ")"));
            }
            String podUid = pod.getMetadata().getUid();
            var data = new CsiVolumeData(
                    source.getDriver(),
                    "csi-" + Sha256.hex(podUid + name, 32),
                    name,
                    nodeName,
                    "",
                    CsiVolumeData.EPHEMERAL);
            LocalObjectReference secret = source.getNodePublishSecretRef();
            var volume = new CsiVolume(
                    data.handle(),
                    CsiDetails.orEmpty(source.getVolumeAttributes()),
                    Map.of(),
                    secret == null
                            ? Map.of()
                            : details.secret(new SecretReference(
                                    secret.getName(), pod.getMetadata().getNamespace())),
                    new CsiVolume.Use(
                            false,
                            Objects.requireNonNullElse(source.getFsType(), ""),
                            List.of(),
                            "ReadWriteOnce",
                            CsiDetails.group(driver, pod)));
            Path target = publish(
                    driver,
                    data,
                    volume.with(volume.secrets(), details.context(pod, object, true)),
                    Optional.empty(),
                    pod,
                    isTrue(source.getReadOnly()),
                    CsiDetails.isRepublished(object));
            if (CsiDetails.ownsFiles(object, volume.use())
                    && volume.use().group().isEmpty()
                    && !isTrue(source.getReadOnly())) {
                own(pod, target);
            }
            return target;
        } catch (IOException | ClusterFailure e) {
            throw new VolumeFailure(name, String.valueOf(e.getMessage()));
        }
    }

    private static boolean isTrue(@Nullable Boolean flag) {
        return Boolean.TRUE.equals(flag);
    }

    private static void own(Pod pod, Path target) throws IOException {
        Long group = Volumes.fsGroup(pod);
        if (group != null) {
            Volumes.own(target, group, pod);
        }
    }

    /// Brings a volume to this node, unless it is there.
    ///
    /// @return where it is staged; empty when its driver does not stage
    private Optional<Path> stage(CsiDriver driver, CsiVolumeData data, CsiVolume volume, String podUid)
            throws IOException {
        boolean block = volume.use().block();
        Path staging = directories.staging(data, block);
        synchronized (lock(data)) {
            // From here on the volume is in use, and stays on the node when its other pods end.
            data.write(block ? directories.podDevice(podUid, data.name()) : directories.pod(podUid, data.name()));
            data.write(block ? directories.blockData(data) : directories.global(data));
            if (!driver.can(Capability.STAGE)) {
                return Optional.empty();
            }
            boolean there = published.contains(staging) || !block && Files.exists(staging) && Mounts.isMounted(staging);
            if (!there) {
                Files.createDirectories(staging);
                driver.stage(volume, staging);
            }
            published.add(staging);
            return Optional.of(staging);
        }
    }

    private Path publish(
            CsiDriver driver,
            CsiVolumeData data,
            CsiVolume volume,
            Optional<Path> staging,
            Pod pod,
            boolean readOnly,
            boolean again)
            throws IOException {
        String podUid = pod.getMetadata().getUid();
        if (volume.use().block()) {
            return publishDevice(driver, data, volume, staging, podUid, readOnly);
        }
        Path directory = directories.pod(podUid, data.name());
        Path target = directory.resolve("mount");
        boolean there = published.contains(target) || Files.exists(target) && Mounts.isMounted(target);
        if (!there || again) {
            data.write(directory);
            driver.publish(volume, staging, target, readOnly);
        }
        published.add(target);
        return target;
    }

    private Path publishDevice(
            CsiDriver driver,
            CsiVolumeData data,
            CsiVolume volume,
            Optional<Path> staging,
            String podUid,
            boolean readOnly)
            throws IOException {
        Path device = directories.device(data, podUid);
        if (!published.contains(device) || !Files.exists(device)) {
            Files.createDirectories(device.getParent());
            driver.publish(volume, staging, device, readOnly);
            published.add(device);
        }
        return device;
    }

    /// Makes the file system as large as the volume has become.
    private void expand(CsiDriver driver, Claims.Bound bound, CsiVolume volume, Path target, Optional<Path> staging)
            throws IOException, ClusterFailure {
        if (!driver.can(Capability.EXPAND) || !bound.waitsForNode()) {
            return;
        }
        driver.expand(volume, target, staging, bound.size());
        objects.resized(bound.claim(), bound.capacity());
        LOG.info("volume {} has been resized", bound.volume().getMetadata().getName());
    }

    /// Takes all volumes of drivers from a pod, and off the node those that no other pod uses.
    ///
    /// @throws IOException when a driver cannot do it now
    void tearDown(String podUid) throws IOException {
        for (Path directory : directories.ofPod(podUid)) {
            Optional<CsiVolumeData> data = CsiVolumeData.read(directory);
            if (data.isPresent()) {
                unpublish(data.get(), directory.resolve("mount"), false);
            }
            Trees.delete(directory);
            if (data.isPresent()) {
                unstage(data.get(), false);
            }
        }
        for (Path directory : directories.devicesOfPod(podUid)) {
            Optional<CsiVolumeData> data = CsiVolumeData.read(directory);
            if (data.isPresent()) {
                unpublish(data.get(), directories.device(data.get(), podUid), true);
            }
            Trees.delete(directory);
            if (data.isPresent()) {
                unstage(data.get(), true);
            }
        }
    }

    private void unpublish(CsiVolumeData data, Path target, boolean block) throws IOException {
        drivers.get(data.driver()).unpublish(data.handle(), target);
        published.remove(target);
        if (!block && Files.exists(target)) {
            // Deleting through a mount would delete the volume's files.
            Mounts.unmountAll(target);
        }
        Files.deleteIfExists(target);
    }

    private void unstage(CsiVolumeData data, boolean block) throws IOException {
        if (data.lifecycle().equals(CsiVolumeData.EPHEMERAL)) {
            return;
        }
        synchronized (lock(data)) {
            Path kept = block ? directories.blockData(data) : directories.global(data);
            if (isUsed(data) || CsiVolumeData.read(kept).isEmpty()) {
                return;
            }
            CsiDriver driver = drivers.get(data.driver());
            Path staging = directories.staging(data, block);
            if (driver.can(Capability.STAGE)) {
                driver.unstage(data.handle(), staging);
            }
            published.remove(staging);
            if (Files.exists(staging)) {
                Mounts.unmountAll(staging);
            }
            Trees.delete(staging);
            Trees.delete(block ? directories.block(data) : kept);
        }
    }

    /// Whether any pod has the volume.
    private boolean isUsed(CsiVolumeData data) throws IOException {
        for (String podUid : directories.pods().pods()) {
            var all = new ArrayList<>(directories.ofPod(podUid));
            all.addAll(directories.devicesOfPod(podUid));
            for (Path directory : all) {
                if (CsiVolumeData.read(directory).filter(data::isSameVolume).isPresent()) {
                    return true;
                }
            }
        }
        return false;
    }

    /// The attached volumes that are on this node, under the names that the node's status has for them.
    List<String> inUse() {
        var result = new ArrayList<String>();
        try {
            for (Path directory : directories.globals()) {
                CsiVolumeData.read(directory)
                        .filter(data -> !data.attachment().isEmpty())
                        .map(data -> "kubernetes.io/csi/" + data.driver() + "^" + data.handle())
                        .ifPresent(result::add);
            }
        } catch (IOException e) {
            LOG.warn("cannot list the volumes on this node: {}", e.toString());
        }
        result.sort(null);
        return result;
    }
}
