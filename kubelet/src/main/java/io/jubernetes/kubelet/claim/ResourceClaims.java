package io.jubernetes.kubelet.claim;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.PodResourceClaimStatus;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.kubelet.cluster.ClusterFailure;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.device.DeviceGrant;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// The resource claims of this node's pods: has their devices prepared before a pod starts, and taken back when the
/// last pod that uses them has ended. What was prepared outlives the kubelet in `dra_manager_state`. Thread-safe;
/// calls for one pod must not overlap.
public final class ResourceClaims {
    private final ClusterObjects objects;
    private final ClaimDrivers drivers;
    private final CdiSpecs cdi;
    private final ClaimCheckpoint checkpoint; // guarded by this

    /// @param rootDirectory the kubelet's
    public ResourceClaims(Path rootDirectory, ClusterObjects objects, ClaimDrivers drivers, CdiSpecs cdi) {
        this.objects = objects;
        this.drivers = drivers;
        this.cdi = cdi;
        this.checkpoint = new ClaimCheckpoint(rootDirectory.resolve("dra_manager_state"));
        checkpoint.read();
    }

    /// Whether everything that the pod's claims stand for is ready.
    public synchronized boolean arePrepared(Pod pod) {
        for (PodResourceClaim reference : pod.getSpec().getResourceClaims()) {
            Optional<ObjectKey> name;
            try {
                name = name(pod, reference);
            } catch (IOException e) {
                return false;
            }
            if (name.isPresent()
                    && !checkpoint.find(name.get()).map(PreparedClaim::prepared).orElse(false)) {
                return false;
            }
        }
        return true;
    }

    /// Has the devices of a pod's claims prepared. What is ready is not asked for again.
    ///
    /// @throws IOException saying why the pod cannot start yet
    public void prepare(Pod pod) throws IOException {
        if (pod.getSpec().getResourceClaims().isEmpty()) {
            return;
        }
        try {
            List<PreparedClaim> wanted = wanted(pod);
            for (PreparedClaim claim : wanted) {
                // Not one driver is asked while another is missing: a pod that cannot start shall hold nothing.
                for (String driver : claim.drivers()) {
                    drivers.get(driver);
                }
            }
            Map<String, List<PreparedClaim>> byDriver = note(pod, wanted);
            for (var batch : byDriver.entrySet()) {
                String driver = batch.getKey();
                drivers.get(driver)
                        .prepare(batch.getValue())
                        .forEach((claim, devices) -> change(claim, known -> known.withDevices(driver, devices)));
            }
            synchronized (this) {
                wanted.forEach(claim -> change(claim, PreparedClaim::ready));
                checkpoint.write();
            }
        } catch (IOException | ClusterFailure e) {
            throw new IOException("prepare dynamic resources: " + e.getMessage(), e);
        }
    }

    private synchronized void change(PreparedClaim claim, UnaryOperator<PreparedClaim> change) {
        checkpoint
                .find(new ObjectKey(claim.namespace(), claim.name()))
                .map(change)
                .ifPresent(checkpoint::put);
    }

    /// The pod's claims as the API has them.
    private List<PreparedClaim> wanted(Pod pod) throws IOException, ClusterFailure {
        var wanted = new ArrayList<PreparedClaim>();
        for (PodResourceClaim reference : pod.getSpec().getResourceClaims()) {
            Optional<ObjectKey> name = name(pod, reference);
            if (name.isPresent()) {
                wanted.add(claim(pod, reference, name.get()));
            }
        }
        return wanted;
    }

    private PreparedClaim claim(Pod pod, PodResourceClaim reference, ObjectKey key) throws IOException, ClusterFailure {
        String podUid = pod.getMetadata().getUid();
        String name = key.name();
        ResourceClaim claim;
        try {
            claim = objects.resourceClaim(key.namespace(), name)
                    .orElseThrow(() -> new IOException("fetch ResourceClaim " + name
                            + ": resourceclaims.resource.k8s.io \"" + name + "\" not found"));
        } catch (ClusterFailure e) {
            throw new ClusterFailure("fetch ResourceClaim " + name + ": " + e.getMessage(), e);
        }
        if (reference.getResourceClaimTemplateName() != null
                && claim.getMetadata().getOwnerReferences().stream()
                        .noneMatch(owner -> podUid.equals(owner.getUid()))) {
            throw new IOException(
                    "ResourceClaim " + key + " was not created for pod " + ObjectKey.of(pod) + " (pod is not owner)");
        }
        var status = claim.getStatus();
        if (status == null || status.getReservedFor().stream().noneMatch(user -> podUid.equals(user.getUid()))) {
            throw new IOException("pod " + pod.getMetadata().getName() + " (" + podUid
                    + ") is not allowed to use ResourceClaim " + name + " ("
                    + claim.getMetadata().getUid() + ")");
        }
        if (status.getAllocation() == null || status.getAllocation().getDevices() == null) {
            throw new IOException("ResourceClaim " + name + ": no allocation");
        }
        Set<String> needed = status.getAllocation().getDevices().getResults().stream()
                .map(DeviceRequestAllocationResult::getDriver)
                .collect(Collectors.toSet());
        return new PreparedClaim(
                key.namespace(), name, claim.getMetadata().getUid(), needed, Set.of(podUid), false, List.of());
    }

    /// Remembers that the pod uses the claims, before any driver is asked.
    ///
    /// @return the claims that are not ready, by driver
    private synchronized Map<String, List<PreparedClaim>> note(Pod pod, List<PreparedClaim> wanted) throws IOException {
        Map<String, List<PreparedClaim>> byDriver = new HashMap<>();
        for (PreparedClaim claim : wanted) {
            PreparedClaim known = checkpoint
                    .find(new ObjectKey(claim.namespace(), claim.name()))
                    .orElse(claim);
            if (!known.uid().equals(claim.uid())) {
                throw new IOException("old ResourceClaim with same name " + claim.name() + " and different UID "
                        + known.uid() + " still exists (previous pod force-deleted?!)");
            }
            checkpoint.put(known.withPod(pod.getMetadata().getUid()));
            if (!known.prepared()) {
                claim.drivers()
                        .forEach(driver -> byDriver.computeIfAbsent(driver, _ -> new ArrayList<>())
                                .add(known));
            }
        }
        checkpoint.write();
        return byDriver;
    }

    /// The claim behind a pod's reference; empty when the pod turned out to need none.
    ///
    /// @throws IOException when it is to be made from a template and is not there yet
    private static Optional<ObjectKey> name(Pod pod, PodResourceClaim reference) throws IOException {
        String name = reference.getResourceClaimName();
        if (name == null) {
            List<PodResourceClaimStatus> made =
                    pod.getStatus() == null ? List.of() : pod.getStatus().getResourceClaimStatuses();
            PodResourceClaimStatus status = made.stream()
                    .filter(one -> reference.getName().equals(one.getName()))
                    .findFirst()
                    .orElseThrow(
                            () -> new IOException("pod \"" + ObjectKey.of(pod) + "\": ResourceClaim not created yet"));
            name = status.getResourceClaimName();
        }
        return Optional.ofNullable(name)
                .map(known -> new ObjectKey(pod.getMetadata().getNamespace(), known));
    }

    /// What a container gets with the devices it asks for.
    ///
    /// @throws IOException when they are not ready, or no CDI file describes them
    public DeviceGrant grant(Pod pod, Container container) throws IOException {
        if (container.getResources() == null
                || container.getResources().getClaims().isEmpty()) {
            return DeviceGrant.NOTHING;
        }
        Set<String> ids = new LinkedHashSet<>();
        for (var use : devices(pod, container).entrySet()) {
            use.getValue().forEach(device -> ids.addAll(device.cdiIds()));
        }
        return cdi.grant(ids);
    }

    /// The prepared devices that a container asks for, by claim.
    private synchronized Map<PreparedClaim, List<PreparedClaim.Device>> devices(Pod pod, Container container)
            throws IOException {
        Map<PreparedClaim, List<PreparedClaim.Device>> result = new HashMap<>();
        for (var use : container.getResources().getClaims()) {
            String request = use.getRequest() == null ? "" : use.getRequest();
            for (PodResourceClaim reference : pod.getSpec().getResourceClaims()) {
                Optional<ObjectKey> name =
                        reference.getName().equals(use.getName()) ? name(pod, reference) : Optional.empty();
                if (name.isEmpty()) {
                    continue;
                }
                PreparedClaim claim = checkpoint
                        .find(name.get())
                        .orElseThrow(() -> new IOException("unable to get information for ResourceClaim "
                                + name.get().name()));
                var devices = result.computeIfAbsent(claim, _ -> new ArrayList<>());
                claim.devices().stream()
                        .filter(device -> device.serves(request) && !devices.contains(device))
                        .forEach(devices::add);
            }
        }
        return result;
    }

    /// Takes back what a pod used; claims that other pods use too stay ready.
    ///
    /// @throws IOException when a driver cannot do it now
    public void unprepare(String podUid) throws IOException {
        Map<String, List<PreparedClaim>> byDriver = new HashMap<>();
        var done = new ArrayList<PreparedClaim>();
        synchronized (this) {
            List<PreparedClaim> used = checkpoint.of(podUid);
            if (used.isEmpty()) {
                return;
            }
            for (PreparedClaim claim : used) {
                if (claim.pods().size() > 1) {
                    checkpoint.put(claim.withoutPod(podUid));
                } else {
                    done.add(claim);
                    claim.drivers()
                            .forEach(driver -> byDriver.computeIfAbsent(driver, _ -> new ArrayList<>())
                                    .add(claim));
                }
            }
        }
        try {
            for (var batch : byDriver.entrySet()) {
                drivers.get(batch.getKey()).unprepare(batch.getValue());
            }
        } catch (IOException e) {
            throw new IOException("unprepare dynamic resources: " + e.getMessage(), e);
        }
        synchronized (this) {
            done.forEach(checkpoint::remove);
            checkpoint.write();
        }
    }

    /// The uids of all pods that have claims here.
    public synchronized Set<String> podUids() {
        Set<String> uids = new HashSet<>();
        checkpoint.all().forEach(claim -> uids.addAll(claim.pods()));
        return uids;
    }
}
