package io.jubernetes.kubelet.runtime.docker;

import com.github.dockerjava.api.command.CreateContainerResponse;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.BindOptions;
import com.github.dockerjava.api.model.BindPropagation;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.InternetProtocol;
import com.github.dockerjava.api.model.LogConfig;
import com.github.dockerjava.api.model.Mount;
import com.github.dockerjava.api.model.MountType;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import com.github.dockerjava.api.model.RestartPolicy;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerPhase;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import io.jubernetes.kubelet.runtime.ListedContainer;
import io.jubernetes.kubelet.runtime.PodRef;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.SandboxSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Sandboxes and containers as Docker containers.
final class DockerContainers {
    private static final String NEVER = "0001-01-01T00:00:00Z";
    /// What Docker answers when a name is taken by another container.
    private static final String CONFLICT = "is already in use by container";
    /// As the kubelet's `containerLogMaxSize` and `containerLogMaxFiles`.
    private static final Map<String, String> LOG_LIMITS = Map.of("max-size", "10m", "max-file", "5");

    private final DockerEngine engine;
    private final NodeInstance node;

    DockerContainers(DockerEngine engine, NodeInstance node) {
        this.engine = engine;
        this.node = node;
    }

    List<ListedContainer> list() throws RuntimeFailure {
        return all().stream()
                .map(container -> new ListedContainer(
                        container.getId(),
                        String.valueOf(container.getLabels().get(ContainerLabels.POD_UID)),
                        switch (container.getState()) {
                            case "created" -> ContainerPhase.CREATED;
                            case "running", "paused", "restarting", "removing" -> ContainerPhase.RUNNING;
                            default -> ContainerPhase.EXITED;
                        }))
                .toList();
    }

    List<Container> all() throws RuntimeFailure {
        return engine.call(client -> client.listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(Map.of(ContainerLabels.NODE, node.label()))
                .exec());
    }

    ContainerInfo inspect(String id) throws RuntimeFailure {
        return info(engine.call(client -> client.inspectContainerCmd(id).exec()));
    }

    ContainerInfo runSandbox(SandboxSpec spec) throws RuntimeFailure {
        var host = new HostConfig()
                .withNetworkMode(spec.hostNetwork() ? "host" : node.networkName())
                .withIpcMode(spec.hostIpc() ? "host" : "shareable")
                .withSecurityOpts(List.of("seccomp=unconfined"))
                .withLogConfig(new LogConfig(LogConfig.LoggingType.NONE))
                .withRestartPolicy(RestartPolicy.noRestart())
                .withPrivileged(spec.privileged());
        if (spec.hostPid()) {
            host.withPidMode("host");
        }
        if (!spec.sysctls().isEmpty()) {
            host.withSysctls(spec.sysctls());
        }
        if (!spec.cgroupParent().isEmpty()) {
            host.withCgroupParent(spec.cgroupParent());
        }
        var exposed = new ArrayList<ExposedPort>();
        var bindings = new ArrayList<PortBinding>();
        if (!spec.hostNetwork()) {
            for (SandboxSpec.PortMapping port : spec.ports()) {
                var inside = new ExposedPort(port.containerPort(), InternetProtocol.parse(port.protocol()));
                exposed.add(inside);
                bindings.add(new PortBinding(
                        new Ports.Binding(
                                port.hostIp().isEmpty() ? null : port.hostIp(), Integer.toString(port.hostPort())),
                        inside));
            }
        }
        host.withPortBindings(bindings);
        String id = create(
                ContainerLabels.name(spec),
                name -> engine.call(client -> {
                    var command = client.createContainerCmd(PauseImage.NAME)
                            .withName(name)
                            .withEntrypoint(PauseImage.PROGRAM)
                            .withLabels(ContainerLabels.of(node, spec))
                            .withExposedPorts(exposed)
                            .withHostConfig(host);
                    if (!spec.hostNetwork() && !spec.hostname().isEmpty()) {
                        command.withHostName(spec.hostname());
                    }
                    return command.exec();
                }));
        try {
            start(id);
            return inspect(id);
        } catch (RuntimeFailure e) {
            // A sandbox that did not start is no use to anybody; the next attempt makes another.
            remove(id);
            throw e;
        }
    }

    String create(ContainerSpec spec) throws RuntimeFailure {
        HostConfig host = hostConfig(spec);
        return create(
                ContainerLabels.name(spec),
                name -> engine.call(client -> {
                    var command = client.createContainerCmd(spec.image())
                            .withName(name)
                            .withEnv(spec.env())
                            .withLabels(ContainerLabels.of(node, spec))
                            .withTty(spec.tty())
                            .withStdinOpen(spec.stdin())
                            .withStdInOnce(spec.stdinOnce())
                            .withHostConfig(host);
                    if (!spec.command().isEmpty()) {
                        command.withEntrypoint(spec.command());
                    }
                    if (!spec.args().isEmpty()) {
                        command.withCmd(spec.args());
                    }
                    if (!spec.workingDir().isEmpty()) {
                        command.withWorkingDir(spec.workingDir());
                    }
                    if (!spec.security().user().isEmpty()) {
                        command.withUser(spec.security().user());
                    }
                    return command.exec();
                }));
    }

    private static HostConfig hostConfig(ContainerSpec spec) throws RuntimeFailure {
        var security = spec.security();
        var spaces = spec.namespaces();
        var limits = spec.limits();
        var host = new HostConfig()
                .withNetworkMode(spaces.hostNetwork() ? "host" : "container:" + spec.sandboxId())
                .withIpcMode(spaces.hostIpc() ? "host" : "container:" + spec.sandboxId())
                .withMounts(spec.mounts().stream().map(DockerContainers::mount).toList())
                .withPrivileged(security.privileged())
                .withReadonlyRootfs(security.readOnlyRoot())
                .withGroupAdd(security.groups())
                .withSecurityOpts(securityOptions(security))
                .withOomScoreAdj(limits.oomScoreAdj())
                .withRestartPolicy(RestartPolicy.noRestart())
                .withLogConfig(new LogConfig(LogConfig.LoggingType.JSON_FILE, LOG_LIMITS));
        if (!security.privileged()) {
            host.withCapAdd(capabilities(security.addedCapabilities()).toArray(Capability[]::new));
            host.withCapDrop(capabilities(security.droppedCapabilities()).toArray(Capability[]::new));
        }
        if (spaces.hostPid()) {
            host.withPidMode("host");
        } else if (spaces.targetPid().isPresent()) {
            host.withPidMode("container:" + spaces.targetPid().get());
        } else if (spaces.sharedPid()) {
            host.withPidMode("container:" + spec.sandboxId());
        }
        if (!spec.devices().isEmpty()) {
            host.withDevices(spec.devices().stream()
                    .map(device -> new Device(device.permissions(), device.containerPath(), device.hostPath()))
                    .toList());
        }
        if (!spec.cgroupParent().isEmpty()) {
            host.withCgroupParent(spec.cgroupParent());
        }
        if (limits.cpuShares() > 0) {
            host.withCpuShares((int) limits.cpuShares());
        }
        if (limits.cpuQuota() > 0) {
            host.withCpuQuota(limits.cpuQuota()).withCpuPeriod(limits.cpuPeriod());
        }
        if (limits.memory() > 0) {
            long memory = Math.max(limits.memory(), ContainerSpec.LEAST_MEMORY);
            // The same limit for memory and swap together: no swap.
            host.withMemory(memory).withMemorySwap(memory);
        }
        return host;
    }

    private static Mount mount(ContainerSpec.Mount mount) {
        return new Mount()
                .withType(MountType.BIND)
                .withSource(mount.hostPath())
                .withTarget(mount.containerPath())
                .withReadOnly(mount.readOnly())
                .withBindOptions(new BindOptions()
                        .withPropagation(
                                switch (mount.propagation()) {
                                    case "rslave" -> BindPropagation.R_SLAVE;
                                    case "rshared" -> BindPropagation.R_SHARED;
                                    default -> BindPropagation.R_PRIVATE;
                                }));
    }

    private static List<String> securityOptions(ContainerSpec.Security security) {
        var options = new ArrayList<String>();
        if (!security.privileged()) {
            if (!security.seccomp().equals("default")) {
                options.add("seccomp=" + security.seccomp());
            }
            if (!security.apparmor().isEmpty()) {
                options.add("apparmor=" + security.apparmor());
            }
        }
        if (security.noNewPrivileges()) {
            options.add("no-new-privileges");
        }
        return options;
    }

    private static List<Capability> capabilities(List<String> names) throws RuntimeFailure {
        var result = new ArrayList<Capability>();
        for (String name : names) {
            String bare = name.startsWith("CAP_") ? name.substring(4) : name;
            try {
                result.add(Capability.valueOf(bare));
            } catch (IllegalArgumentException e) {
                throw new RuntimeFailure.Refused("unknown capability \"" + name + "\"", e);
            }
        }
        return result;
    }

    /// Makes a container under its name.
    @FunctionalInterface
    private interface Creation {
        CreateContainerResponse under(String name) throws RuntimeFailure;
    }

    /// A name can be taken by a container that was made for the same attempt and lost from sight, when the
    /// answer to its creation was lost; it never ran with anybody's knowledge, so it gives way.
    private String create(String name, Creation creation) throws RuntimeFailure {
        try {
            return creation.under(name).getId();
        } catch (RuntimeFailure.Refused e) {
            if (!e.getMessage().contains(CONFLICT)) {
                throw e;
            }
            kill(name);
            remove(name);
            return creation.under(name).getId();
        }
    }

    void start(String id) throws RuntimeFailure {
        engine.run(client -> client.startContainerCmd(id).exec());
    }

    /// What has no limit is said so: the engine takes zero for "as it was".
    void update(String id, ContainerSpec.Limits limits) throws RuntimeFailure {
        long memory = limits.memory() > 0 ? Math.max(limits.memory(), ContainerSpec.LEAST_MEMORY) : -1;
        var body = Json.object()
                .put("CpuShares", limits.cpuShares())
                .put("CpuPeriod", limits.cpuPeriod())
                .put("CpuQuota", limits.cpuQuota() > 0 ? limits.cpuQuota() : -1)
                .put("Memory", memory)
                .put("MemorySwap", memory);
        engine.raw(http -> {
            http.send(
                            "POST",
                            "/containers/" + id + "/update",
                            Map.of("Content-Type", "application/json"),
                            Json.bytes(body))
                    .close();
            return id;
        });
    }

    private static ContainerSpec.Limits limits(@Nullable HostConfig host) {
        return host == null
                ? ContainerSpec.Limits.NONE
                : new ContainerSpec.Limits(
                        number(host.getCpuShares()),
                        number(host.getCpuQuota()),
                        number(host.getCpuPeriod()),
                        number(host.getMemory()),
                        (int) number(host.getOomScoreAdj()));
    }

    private static long number(@Nullable Number number) {
        return number == null ? 0 : number.longValue();
    }

    void stop(String id, Duration grace) throws RuntimeFailure {
        if (grace.isZero()) {
            kill(id);
            return;
        }
        // Over a connection of its own: the answer comes when the container has ended, however long its grace.
        try {
            engine.raw(http -> {
                http.send("POST", "/containers/" + id + "/stop?t=" + Math.max(1, grace.toSeconds()), Map.of(), null)
                        .close();
                return id;
            });
        } catch (RuntimeFailure.NotFound e) {
            // It has ended for good.
        }
    }

    void kill(String id) throws RuntimeFailure {
        try {
            engine.run(client -> client.killContainerCmd(id).withSignal("KILL").exec());
        } catch (RuntimeFailure.NotFound e) {
            // It has ended for good.
        } catch (RuntimeFailure.Refused e) {
            if (!e.getMessage().contains("is not running")) {
                throw e;
            }
        }
    }

    void remove(String id) throws RuntimeFailure {
        try {
            engine.run(client -> client.removeContainerCmd(id)
                    .withForce(true)
                    .withRemoveVolumes(true)
                    .exec());
        } catch (RuntimeFailure.NotFound e) {
            // It is gone.
        } catch (RuntimeFailure.Refused e) {
            if (!e.getMessage().contains("is already in progress")) {
                throw e;
            }
        }
    }

    private ContainerInfo info(InspectContainerResponse container) {
        Map<String, String> labels = container.getConfig().getLabels() == null
                ? Map.of()
                : container.getConfig().getLabels();
        var state = container.getState();
        boolean sandbox = ContainerLabels.TYPE_SANDBOX.equals(labels.get(ContainerLabels.TYPE));
        String mode = container.getHostConfig().getNetworkMode();
        String error = state.getError() == null ? "" : state.getError();
        Instant started = time(state.getStartedAt());
        Instant finished = time(state.getFinishedAt());
        ContainerPhase phase;
        if (Boolean.TRUE.equals(state.getRunning())) {
            phase = ContainerPhase.RUNNING;
            finished = null;
        } else if ("created".equals(state.getStatus()) && error.isEmpty()) {
            phase = ContainerPhase.CREATED;
        } else {
            phase = ContainerPhase.EXITED;
        }
        Instant created = time(container.getCreated());
        Long exitCode = state.getExitCodeLong();
        Long pid = state.getPidLong();
        return new ContainerInfo(
                container.getId(),
                sandbox,
                new PodRef(
                        labels.getOrDefault(ContainerLabels.POD_UID, ""),
                        labels.getOrDefault(ContainerLabels.POD_NAMESPACE, ""),
                        labels.getOrDefault(ContainerLabels.POD_NAME, "")),
                labels.getOrDefault(ContainerLabels.CONTAINER_NAME, ""),
                number(labels.get(ContainerLabels.RESTART_COUNT)),
                labels.getOrDefault(ContainerLabels.HASH, ""),
                labels.getOrDefault(
                        ContainerLabels.IMAGE,
                        String.valueOf(container.getConfig().getImage())),
                String.valueOf(container.getImageId()),
                phase,
                created == null ? Instant.EPOCH : created,
                started,
                finished,
                exitCode == null ? 0 : exitCode.intValue(),
                Boolean.TRUE.equals(state.getOOMKilled()),
                error,
                sandbox ? address(container) : null,
                "host".equals(mode),
                Boolean.TRUE.equals(container.getConfig().getTty()),
                Optional.ofNullable(labels.get(ContainerLabels.MESSAGE_FILE)),
                ContainerLabels.FALL_BACK_TO_LOGS.equals(labels.get(ContainerLabels.MESSAGE_POLICY)),
                pid == null ? 0 : pid,
                limits(container.getHostConfig()));
    }

    private @Nullable String address(InspectContainerResponse container) {
        var settings = container.getNetworkSettings();
        if (settings == null || settings.getNetworks() == null) {
            return null;
        }
        var network = settings.getNetworks().get(node.networkName());
        String ip = network == null ? null : network.getIpAddress();
        return ip == null || ip.isEmpty() ? null : ip;
    }

    private static int number(@Nullable String text) {
        try {
            return text == null ? 0 : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static @Nullable Instant time(@Nullable String text) {
        return text == null || text.isEmpty() || text.equals(NEVER)
                ? null
                : java.time.OffsetDateTime.parse(text).toInstant();
    }
}
