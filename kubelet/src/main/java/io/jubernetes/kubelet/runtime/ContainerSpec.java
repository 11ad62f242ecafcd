package io.jubernetes.kubelet.runtime;

import java.util.List;
import java.util.Optional;

/// A container to be made in a sandbox.
///
/// @param image what to run: an image id or a reference that is on this node
/// @param imageReference the reference in the pod's spec, kept to be shown again
/// @param command replaces the image's entry point unless empty
/// @param args replaces the image's command unless empty
/// @param env `NAME=value` each
/// @param workingDir empty for the image's
/// @param terminationMessageFile the file on this machine for last words; it is among the mounts
/// @param stdinOnce whether standard input closes when the first client leaves
public record ContainerSpec(
        PodRef pod,
        String sandboxId,
        String name,
        int attempt,
        String hash,
        String image,
        String imageReference,
        List<String> command,
        List<String> args,
        List<String> env,
        String workingDir,
        List<Mount> mounts,
        List<Device> devices,
        Security security,
        Namespaces namespaces,
        Limits limits,
        String cgroupParent,
        Optional<String> terminationMessageFile,
        boolean fallBackToLogs,
        boolean tty,
        boolean stdin,
        boolean stdinOnce) {
    /// Runtimes refuse smaller limits.
    public static final long LEAST_MEMORY = 6L << 20;

    public ContainerSpec {
        command = List.copyOf(command);
        args = List.copyOf(args);
        env = List.copyOf(env);
        mounts = List.copyOf(mounts);
        devices = List.copyOf(devices);
    }

    /// A file or directory of the node that the container sees.
    ///
    /// @param propagation `private`, `rslave` or `rshared`
    public record Mount(String hostPath, String containerPath, boolean readOnly, String propagation) {}

    /// A device node of the machine that the container may use.
    ///
    /// @param permissions letters of `rwm`
    public record Device(String hostPath, String containerPath, String permissions) {}

    /// As whom and with which rights it runs.
    ///
    /// @param user `uid[:gid]`, or a name; empty for the image's
    /// @param seccomp `default`, `unconfined`, or a profile as JSON text
    /// @param apparmor empty for the engine's default
    public record Security(
            String user,
            List<String> groups,
            boolean privileged,
            boolean readOnlyRoot,
            boolean noNewPrivileges,
            List<String> addedCapabilities,
            List<String> droppedCapabilities,
            String seccomp,
            String apparmor) {
        public Security {
            groups = List.copyOf(groups);
            addedCapabilities = List.copyOf(addedCapabilities);
            droppedCapabilities = List.copyOf(droppedCapabilities);
        }
    }

    /// Which namespaces it shares with the node or its sandbox; network is always the sandbox's.
    ///
    /// @param targetPid the container whose process namespace it joins; empty for its own
    public record Namespaces(
            boolean hostNetwork, boolean hostPid, boolean hostIpc, boolean sharedPid, Optional<String> targetPid) {}

    /// What it may use. Zero means no limit.
    ///
    /// @param cpuShares relative weight
    /// @param cpuQuota microseconds a period
    /// @param cpuPeriod microseconds
    /// @param memory bytes
    public record Limits(long cpuShares, long cpuQuota, long cpuPeriod, long memory, int oomScoreAdj) {
        public static final Limits NONE = new Limits(0, 0, 0, 0, 0);

        /// Whether both allow the same processor time.
        public boolean sameCpu(Limits other) {
            return cpuShares == other.cpuShares && Math.max(0, cpuQuota) == Math.max(0, other.cpuQuota);
        }

        /// Whether both allow the same memory.
        public boolean sameMemory(Limits other) {
            return Math.max(0, memory) == Math.max(0, other.memory);
        }
    }
}
