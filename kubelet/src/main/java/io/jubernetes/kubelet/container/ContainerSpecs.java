package io.jubernetes.kubelet.container;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.codec.Sha256;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.container.DownwardFields.Addresses;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.PodRef;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes the runtime's container out of the pod's.
public final class ContainerSpecs {
    private final ClusterObjects objects;
    private final NodeFacts node;
    private final Path seccompProfiles;

    /// @param seccompProfiles the directory of seccomp profiles that pods name
    public ContainerSpecs(ClusterObjects objects, NodeFacts node, Path seccompProfiles) {
        this.objects = objects;
        this.node = node;
        this.seccompProfiles = seccompProfiles;
    }

    /// A number that changes when the container must be made anew: when its image does. Other fields cannot
    /// change in a running pod.
    public static String hash(Container container) {
        return Sha256.hex(container.getName() + "\n" + container.getImage(), 4);
    }

    /// The container's variables.
    ///
    /// @throws StartFailure when something they refer to does not exist
    public Map<String, String> environment(Pod pod, Container container, List<String> podIps) throws StartFailure {
        return Environment.of(pod, container, objects, new Addresses(podIps, node.hostIps()), node.allocatable());
    }

    /// Replaces references to variables.
    public static String expand(String text, Map<String, String> environment) {
        return Expansion.expand(text, environment);
    }

    /// As [#expand] for the path of a part of a volume, where a variable without a value is an error.
    ///
    /// @throws StartFailure naming the variables that have none
    public static String expandAll(String text, Map<String, String> environment) throws StartFailure {
        var missing = new java.util.TreeSet<String>();
        String expanded = Expansion.expand(text, name -> {
            String value = environment.getOrDefault(name, "");
            if (value.isEmpty()) {
                missing.add(name);
            }
            return value;
        });
        if (!missing.isEmpty()) {
            throw new StartFailure(StartFailure.CONFIG_ERROR, "missing value for " + String.join(", ", missing));
        }
        return expanded;
    }

    /// @param attempt how many containers of this name there were before
    /// @param cgroupParent where its cgroup is made; empty for the engine's own choice
    /// @param mounts everything it mounts
    /// @param devices the block devices it sees
    /// @param terminationMessageFile the file on the node behind the path for last words
    /// @param targetPid the container whose processes it shall see
    /// @throws StartFailure when its settings contradict each other
    public ContainerSpec build(
            Pod pod,
            Container container,
            ContainerInfo sandbox,
            int attempt,
            ImageInfo image,
            Map<String, String> environment,
            String cgroupParent,
            List<ContainerSpec.Mount> mounts,
            List<ContainerSpec.Device> devices,
            Optional<String> terminationMessageFile,
            Optional<String> targetPid)
            throws StartFailure {
        var spec = pod.getSpec();
        return new ContainerSpec(
                PodRef.of(pod),
                sandbox.id(),
                container.getName(),
                attempt,
                hash(container),
                image.id(),
                container.getImage(),
                container.getCommand().stream()
                        .map(part -> expand(part, environment))
                        .toList(),
                container.getArgs().stream()
                        .map(part -> expand(part, environment))
                        .toList(),
                environment.entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .toList(),
                container.getWorkingDir() == null ? "" : container.getWorkingDir(),
                mounts,
                devices,
                SecuritySettings.of(pod, container, image, node.seccompDefault(), seccompProfiles),
                new ContainerSpec.Namespaces(
                        Boolean.TRUE.equals(spec.getHostNetwork()),
                        Boolean.TRUE.equals(spec.getHostPID()),
                        Boolean.TRUE.equals(spec.getHostIPC()),
                        Boolean.TRUE.equals(spec.getShareProcessNamespace()),
                        targetPid),
                Resources.limits(pod, container, node.memory(), node.lowestOomScore()),
                cgroupParent,
                terminationMessageFile,
                "FallbackToLogsOnError".equals(container.getTerminationMessagePolicy()),
                Boolean.TRUE.equals(container.getTty()),
                Boolean.TRUE.equals(container.getStdin()),
                Boolean.TRUE.equals(container.getStdinOnce()));
    }
}
