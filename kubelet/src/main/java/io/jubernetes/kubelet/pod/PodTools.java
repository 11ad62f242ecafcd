package io.jubernetes.kubelet.pod;

import io.jubernetes.kubelet.claim.ResourceClaims;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.cluster.PodStatusSink;
import io.jubernetes.kubelet.container.Backoff;
import io.jubernetes.kubelet.container.ContainerSpecs;
import io.jubernetes.kubelet.container.NodeFacts;
import io.jubernetes.kubelet.device.DeviceManager;
import io.jubernetes.kubelet.image.Images;
import io.jubernetes.kubelet.network.ResolvConf;
import io.jubernetes.kubelet.resources.PodCgroups;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.volume.ImageVolumes;
import io.jubernetes.kubelet.volume.PodDirectories;
import io.jubernetes.kubelet.volume.Volumes;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;

/// What pod workers work with; one set for all of them.
///
/// @param crashes pauses between restarts of crashing containers
/// @param hostResolvConf the machine's name servers
/// @param clusterDns addresses of the cluster's name servers
public record PodTools(
        ContainerRuntime runtime,
        PodStates states,
        ContainerSpecs specs,
        Images images,
        Volumes volumes,
        ImageVolumes imageVolumes,
        PodDirectories directories,
        ProbeControl probes,
        LifecycleHooks hooks,
        PodStatusSink status,
        PodEvents events,
        Backoff crashes,
        Admission admission,
        PodCgroups cgroups,
        DeviceManager devices,
        ResourceClaims claims,
        NodeFacts node,
        Supplier<ResolvConf> hostResolvConf,
        List<String> clusterDns,
        String clusterDomain,
        Clock clock) {}
