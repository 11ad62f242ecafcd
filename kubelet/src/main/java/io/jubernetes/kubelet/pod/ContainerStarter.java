package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.cluster.PodEvents.Type;
import io.jubernetes.kubelet.container.ContainerSpecs;
import io.jubernetes.kubelet.container.Hostnames;
import io.jubernetes.kubelet.container.StartFailure;
import io.jubernetes.kubelet.device.DeviceGrant;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.PodRef;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.SandboxSpec;
import io.jubernetes.kubelet.volume.VolumeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Makes sandboxes and containers of a pod and starts them.
final class ContainerStarter {
    private static final Duration HOOK_LIMIT = Duration.ofMinutes(10);
    /// What the kernel takes.
    private static final int LONGEST_HOSTNAME = 64;

    private final PodTools tools;
    private final PodFiles files;

    ContainerStarter(PodTools tools) {
        this.tools = tools;
        this.files = new PodFiles(tools);
    }

    /// Makes and starts a sandbox, and writes the files that depend on its address.
    ContainerInfo sandbox(Pod pod, int attempt) throws RuntimeFailure, IOException {
        var spec = pod.getSpec();
        var ports = new ArrayList<SandboxSpec.PortMapping>();
        boolean privileged = false;
        for (Container container : Containers.all(pod)) {
            privileged |= container.getSecurityContext() != null
                    && Boolean.TRUE.equals(container.getSecurityContext().getPrivileged());
            for (ContainerPort port : container.getPorts()) {
                if (port.getHostPort() != null && port.getHostPort() > 0) {
                    ports.add(new SandboxSpec.PortMapping(
                            port.getHostIP() == null ? "" : port.getHostIP(),
                            port.getHostPort(),
                            port.getContainerPort(),
                            port.getProtocol() == null
                                    ? "tcp"
                                    : port.getProtocol().toLowerCase(Locale.ROOT)));
                }
            }
        }
        String hostname = Hostnames.of(pod, tools.clusterDomain()).hostname();
        if (hostname.length() > LONGEST_HOSTNAME) {
            throw new RuntimeFailure.Refused(
                    "failed to construct FQDN from pod hostname and cluster domain, FQDN " + hostname
                            + " is too long (the max is 64 characters, " + hostname.length()
                            + " characters requested)",
                    null);
        }
        var sysctls = new java.util.HashMap<String, String>();
        if (spec.getSecurityContext() != null) {
            spec.getSecurityContext()
                    .getSysctls()
                    .forEach(sysctl -> sysctls.put(sysctl.getName().replace('/', '.'), sysctl.getValue()));
        }
        tools.cgroups().ensure(pod);
        ContainerInfo sandbox = tools.runtime()
                .runSandbox(new SandboxSpec(
                        PodRef.of(pod),
                        attempt,
                        hostname,
                        Boolean.TRUE.equals(spec.getHostNetwork()),
                        Boolean.TRUE.equals(spec.getHostPID()),
                        Boolean.TRUE.equals(spec.getHostIPC()),
                        Boolean.TRUE.equals(spec.getShareProcessNamespace()),
                        ports,
                        sysctls,
                        tools.cgroups().parent(pod),
                        privileged));
        tools.states().note(sandbox);
        files.write(pod, podIps(sandbox));
        return sandbox;
    }

    /// Writes the pod's name files again where they are missing; a restarted kubelet does not know whether
    /// they are there.
    void ensureFiles(Pod pod, ContainerInfo sandbox) throws IOException {
        files.write(pod, podIps(sandbox));
    }

    private List<String> podIps(ContainerInfo sandbox) {
        return sandbox.hostNetwork()
                ? tools.node().hostIps()
                : sandbox.ip() == null ? List.of() : List.of(sandbox.ip());
    }

    /// Makes and starts one container, and runs its post-start hook.
    ///
    /// @param volumes where the pod's volumes are
    /// @throws StartFailure saying why it waits now
    void start(Pod pod, Container container, ContainerInfo sandbox, PodState state, Map<String, Path> volumes)
            throws StartFailure, InterruptedException {
        String path = Containers.fieldPath(pod, container);
        try {
            ImageInfo image = tools.images().ensure(pod, container, path);
            Map<String, Path> withImages = new HashMap<>(volumes);
            withImages.putAll(imageVolumes(pod, container, path));
            int attempt = attempt(pod, container, state);
            ContainerSpec spec;
            try {
                spec = spec(pod, container, sandbox, attempt, image, state, withImages);
            } catch (StartFailure e) {
                tools.events().event(pod, path, Type.WARNING, "Failed", "Error: " + e.getMessage());
                throw e;
            } catch (IOException | VolumeFailure e) {
                tools.events().event(pod, path, Type.WARNING, "Failed", "Error: " + e.getMessage());
                throw new StartFailure(StartFailure.CONFIG_ERROR, String.valueOf(e.getMessage()));
            }
            String id;
            try {
                id = tools.runtime().createContainer(spec);
            } catch (RuntimeFailure e) {
                tools.events().event(pod, path, Type.WARNING, "Failed", "Error: " + e.getMessage());
                throw new StartFailure(StartFailure.CREATE_ERROR, e.getMessage());
            }
            tools.events().event(pod, path, Type.NORMAL, "Created", "Container created");
            run(pod, container, sandbox, path, id);
        } catch (RuntimeFailure e) {
            throw new StartFailure(StartFailure.CREATE_ERROR, e.getMessage());
        }
    }

    /// Mounts the images that a container has as volumes.
    private Map<String, Path> imageVolumes(Pod pod, Container container, String fieldPath)
            throws StartFailure, RuntimeFailure {
        Map<String, Path> result = new HashMap<>();
        for (Volume volume : pod.getSpec().getVolumes()) {
            var source = volume.getImage();
            if (source == null
                    || container.getVolumeMounts().stream()
                            .noneMatch(mount -> mount.getName().equals(volume.getName()))) {
                continue;
            }
            ImageInfo image = tools.images().ensure(pod, source.getReference(), source.getPullPolicy(), fieldPath);
            try {
                result.put(
                        volume.getName(),
                        tools.imageVolumes()
                                .setUp(
                                        pod.getMetadata().getUid(),
                                        volume.getName(),
                                        image.id(),
                                        tools.runtime().layers(image.id())));
            } catch (IOException e) {
                String message = "failed to mount image volume \"" + volume.getName() + "\": " + e.getMessage();
                tools.events().event(pod, fieldPath, Type.WARNING, "Failed", "Error: " + message);
                throw new StartFailure(StartFailure.CREATE_ERROR, message);
            }
        }
        return result;
    }

    private void run(Pod pod, Container container, ContainerInfo sandbox, String path, String id)
            throws StartFailure, RuntimeFailure, InterruptedException {
        try {
            tools.runtime().startContainer(id);
        } catch (RuntimeFailure e) {
            tools.states().refresh(id);
            tools.events().event(pod, path, Type.WARNING, "Failed", "Error: " + e.getMessage());
            throw new StartFailure(StartFailure.RUN_ERROR, e.getMessage());
        }
        tools.states().refresh(id);
        tools.probes().containerStarted(pod.getMetadata().getUid(), container.getName());
        tools.events().event(pod, path, Type.NORMAL, "Started", "Container started");
        var lifecycle = container.getLifecycle();
        if (lifecycle == null || lifecycle.getPostStart() == null) {
            return;
        }
        Optional<String> failure = tools.hooks()
                .run(
                        lifecycle.getPostStart(),
                        container,
                        id,
                        podIps(sandbox).stream().findFirst().orElse("127.0.0.1"),
                        Deadline.in(HOOK_LIMIT));
        if (failure.isPresent()) {
            tools.events().event(pod, path, Type.WARNING, "FailedPostStartHook", "PostStartHook failed");
            tools.events().event(pod, path, Type.NORMAL, "Killing", "FailedPostStartHook");
            tools.runtime().stopContainer(id, Duration.ofSeconds(grace(pod)));
            tools.states().refresh(id);
            throw new StartFailure("PostStartHookError", failure.get());
        }
    }

    private static long grace(Pod pod) {
        Long grace = pod.getSpec().getTerminationGracePeriodSeconds();
        return grace == null ? 30 : Math.max(1, grace);
    }

    private ContainerSpec spec(
            Pod pod,
            Container container,
            ContainerInfo sandbox,
            int attempt,
            ImageInfo image,
            PodState state,
            Map<String, Path> volumes)
            throws StartFailure, IOException, VolumeFailure {
        DeviceGrant grant = tools.devices()
                .grant(pod.getMetadata().getUid(), container.getName())
                .and(tools.claims().grant(pod, container));
        tools.devices().beforeStart(pod.getMetadata().getUid(), container.getName());
        Map<String, String> environment =
                new LinkedHashMap<>(tools.specs().environment(pod, container, podIps(sandbox)));
        environment.putAll(grant.env());
        List<ContainerSpec.Mount> mounts = new ArrayList<>(
                tools.volumes().mounts(pod, container, volumes, text -> ContainerSpecs.expandAll(text, environment)));
        mounts.addAll(grant.mounts());
        Path messageFile = files.messageFile(pod, container, attempt);
        files.addMounts(pod, container, Optional.of(messageFile), mounts);
        return tools.specs()
                .build(
                        pod,
                        container,
                        sandbox,
                        attempt,
                        image,
                        environment,
                        tools.cgroups().parent(pod),
                        mounts,
                        Stream.concat(
                                        tools.volumes().devices(pod, container, volumes).stream(),
                                        grant.devices().stream())
                                .toList(),
                        Optional.of(messageFile.toString()),
                        targetPid(pod, container, state));
    }

    /// The container whose processes an ephemeral container joins, when it names one that runs.
    private static Optional<String> targetPid(Pod pod, Container container, PodState state) {
        return Containers.target(pod, container.getName())
                .flatMap(state::newest)
                .filter(ContainerInfo::running)
                .map(ContainerInfo::id);
    }

    /// One more than the last one's; what the API remembers counts when somebody removed the containers.
    private static int attempt(Pod pod, Container container, PodState state) {
        Optional<ContainerInfo> newest = state.newest(container.getName());
        if (newest.isPresent()) {
            return newest.get().attempt() + 1;
        }
        if (pod.getStatus() == null) {
            return 0;
        }
        return Stream.concat(
                        pod.getStatus().getContainerStatuses().stream(),
                        pod.getStatus().getInitContainerStatuses().stream())
                .filter(status -> container.getName().equals(status.getName()))
                .filter(status -> status.getContainerID() != null
                        && !status.getContainerID().isEmpty())
                .map(ContainerStatus::getRestartCount)
                .findFirst()
                .map(count -> count + 1)
                .orElse(0);
    }
}
