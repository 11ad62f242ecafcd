package io.jubernetes.kubelet.runtime;

import java.util.List;
import java.util.Map;

/// A sandbox to be made.
///
/// @param attempt how many sandboxes the pod had before
/// @param hostname the name its containers see; unused on the host's network
/// @param ports host ports to forward into it
/// @param sysctls kernel settings of its namespaces
/// @param cgroupParent empty for the engine's own choice
/// @param privileged whether any of the pod's containers is
public record SandboxSpec(
        PodRef pod,
        int attempt,
        String hostname,
        boolean hostNetwork,
        boolean hostPid,
        boolean hostIpc,
        boolean sharedPid,
        List<PortMapping> ports,
        Map<String, String> sysctls,
        String cgroupParent,
        boolean privileged) {
    public SandboxSpec {
        ports = List.copyOf(ports);
        sysctls = Map.copyOf(sysctls);
    }

    /// A port of the node that leads to a port of the pod.
    ///
    /// @param protocol lower case
    /// @param hostIp empty for all addresses
    public record PortMapping(String hostIp, int hostPort, int containerPort, String protocol) {}
}
