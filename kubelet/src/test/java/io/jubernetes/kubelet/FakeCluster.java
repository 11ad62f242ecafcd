package io.jubernetes.kubelet;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.storage.CSIDriver;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.cluster.PodStatusSink;
import io.jubernetes.kubelet.csi.CsiDriver;
import io.jubernetes.kubelet.csi.CsiNodes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A cluster in memory: holds what pods refer to, and remembers what the kubelet says.
public final class FakeCluster implements ClusterObjects, PodEvents, PodStatusSink, CsiNodes {
    public final Map<ObjectKey, ConfigMap> configMaps = new ConcurrentHashMap<>();
    public final Map<ObjectKey, Secret> secrets = new ConcurrentHashMap<>();
    public final Map<String, PersistentVolumeClaim> claims = new ConcurrentHashMap<>();
    public final Map<String, PersistentVolume> volumes = new ConcurrentHashMap<>();
    public final Map<String, ResourceClaim> resourceClaims = new ConcurrentHashMap<>();
    public final Map<String, CSIDriver> csiDrivers = new ConcurrentHashMap<>();
    public final Map<String, VolumeAttachment> attachments = new ConcurrentHashMap<>();
    /// What was said of this node's storage drivers.
    public final Map<String, CsiDriver.Info> csiNode = new ConcurrentHashMap<>();

    public final List<Service> services = new CopyOnWriteArrayList<>();
    public final Map<String, PodStatus> statuses = new ConcurrentHashMap<>();
    public final Map<String, List<PodStatus>> history = new ConcurrentHashMap<>();
    public final List<String> events = new CopyOnWriteArrayList<>();
    public volatile Consumer<Pod> onFinished = _ -> {};
    private volatile int tokens;

    /// The newest status of a pod.
    public PodStatus status(String pod) {
        PodStatus known = statuses.get(pod);
        return known == null ? new PodStatus() : known;
    }

    @Override
    public Optional<ConfigMap> configMap(String namespace, String name) {
        return Optional.ofNullable(configMaps.get(new ObjectKey(namespace, name)));
    }

    @Override
    public Optional<Secret> secret(String namespace, String name) {
        return Optional.ofNullable(secrets.get(new ObjectKey(namespace, name)));
    }

    @Override
    public Optional<PersistentVolumeClaim> claim(String namespace, String name) {
        return Optional.ofNullable(claims.get(name));
    }

    @Override
    public Optional<PersistentVolume> volume(String name) {
        return Optional.ofNullable(volumes.get(name));
    }

    @Override
    public Optional<ResourceClaim> resourceClaim(String namespace, String name) {
        return Optional.ofNullable(resourceClaims.get(name));
    }

    @Override
    public void add(String driver, CsiDriver.Info info) {
        csiNode.put(driver, info);
    }

    @Override
    public void remove(String driver) {
        csiNode.remove(driver);
    }

    @Override
    public Optional<CSIDriver> csiDriver(String name) {
        return Optional.ofNullable(csiDrivers.get(name));
    }

    @Override
    public Optional<VolumeAttachment> volumeAttachment(String name) {
        return Optional.ofNullable(attachments.get(name));
    }

    @Override
    public void resized(PersistentVolumeClaim claim, Quantity size) {
        claim.getStatus().setCapacity(Map.of("storage", size));
    }

    @Override
    public List<Service> services() {
        return List.copyOf(services);
    }

    @Override
    public Optional<Node> node() {
        return Optional.empty();
    }

    @Override
    public synchronized Token serviceAccountToken(
            String namespace, String serviceAccount, BoundPod pod, @Nullable String audience, Duration lifetime) {
        tokens++;
        Instant now = Instant.now();
        return new Token("token-" + tokens + "-" + serviceAccount + "-" + pod.name(), now, now.plus(lifetime));
    }

    @Override
    public void event(Pod pod, Type type, String reason, String message) {
        events.add(pod.getMetadata().getName() + " " + type + " " + reason + ": " + message);
    }

    @Override
    public void event(Pod pod, String fieldPath, Type type, String reason, String message) {
        event(pod, type, reason, message);
    }

    @Override
    public void event(Node node, Type type, String reason, String message) {
        events.add("node " + type + " " + reason + ": " + message);
    }

    @Override
    public void update(Pod pod, PodStatus status) {
        statuses.put(pod.getMetadata().getName(), status);
        history.computeIfAbsent(pod.getMetadata().getName(), _ -> new CopyOnWriteArrayList<>())
                .add(status);
    }

    @Override
    public void finished(Pod pod, PodStatus status) {
        update(pod, status);
        onFinished.accept(pod);
    }

    @Override
    public void forget(String podUid) {}
}
