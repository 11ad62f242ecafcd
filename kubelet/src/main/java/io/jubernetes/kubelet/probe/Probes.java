package io.jubernetes.kubelet.probe;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Probe;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.pod.ContainerHealth;
import io.jubernetes.kubelet.pod.PodState;
import io.jubernetes.kubelet.pod.ProbeControl;
import io.jubernetes.kubelet.probe.ProbeTracker.Result;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import java.time.Clock;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// All probes of this node's pods. Thread-safe.
public final class Probes implements ProbeControl, AutoCloseable {
    private final Function<String, PodState> states;
    private final ProbeWorker.Shared shared;
    private final Consumer<String> changed;
    /// By pod uid, then container name. Inner maps are complete before they are put in and never change.
    private final Map<String, Map<String, Map<ProbeKind, ProbeWorker>>> workers = new ConcurrentHashMap<>();

    /// @param states what runs of a pod
    /// @param hostIps where pods on the host's network answer
    /// @param changed called with a pod's uid when a finding changed
    public Probes(
            ContainerRuntime runtime,
            Function<String, PodState> states,
            PodEvents events,
            List<String> hostIps,
            Clock clock,
            Consumer<String> changed) {
        this.states = states;
        this.shared =
                new ProbeWorker.Shared(new ProbeRunner(runtime, new HttpProbe()), events, clock, List.copyOf(hostIps));
        this.changed = changed;
    }

    @Override
    public void start(Pod pod) {
        String uid = pod.getMetadata().getUid();
        if (workers.containsKey(uid)) {
            return;
        }
        Map<String, Map<ProbeKind, ProbeWorker>> all = new HashMap<>();
        Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
                .forEach(container -> {
                    Map<ProbeKind, ProbeWorker> own = of(pod, container);
                    if (!own.isEmpty()) {
                        all.put(container.getName(), own);
                    }
                });
        if (workers.putIfAbsent(uid, all) == null) {
            all.values().forEach(own -> own.values().forEach(ProbeWorker::start));
        }
    }

    private Map<ProbeKind, ProbeWorker> of(Pod pod, Container container) {
        String uid = pod.getMetadata().getUid();
        Map<ProbeKind, ProbeWorker> own = new EnumMap<>(ProbeKind.class);
        for (ProbeKind kind : ProbeKind.values()) {
            Probe probe = kind.of(container);
            if (probe != null) {
                own.put(
                        kind,
                        new ProbeWorker(
                                kind,
                                pod,
                                container,
                                probe,
                                () -> states.apply(uid),
                                () -> started(own, states.apply(uid).newest(container.getName())),
                                shared,
                                () -> {
                                    if (kind == ProbeKind.STARTUP) {
                                        // What waited for the start need not wait for its period too.
                                        own.values().forEach(ProbeWorker::wake);
                                    }
                                    changed.accept(uid);
                                }));
            }
        }
        return own;
    }

    private static boolean started(Map<ProbeKind, ProbeWorker> own, Optional<ContainerInfo> newest) {
        ProbeWorker startup = own.get(ProbeKind.STARTUP);
        return startup == null
                || newest.isPresent() && startup.result(newest.get().id()).equals(Optional.of(Result.SUCCESS));
    }

    @Override
    public void containerStarted(String podUid, String containerName) {
        var own = workers.getOrDefault(podUid, Map.of()).get(containerName);
        if (own != null) {
            own.values().forEach(ProbeWorker::wake);
        }
    }

    @Override
    public ContainerHealth of(Pod pod, Container container, ContainerInfo running) {
        var own =
                workers.getOrDefault(pod.getMetadata().getUid(), Map.of()).getOrDefault(container.getName(), Map.of());
        boolean declared = container.getStartupProbe() != null;
        ProbeWorker startup = own.get(ProbeKind.STARTUP);
        Optional<Result> startupResult = result(startup, ProbeKind.STARTUP, pod, running);
        boolean started = !declared || startupResult.equals(Optional.of(Result.SUCCESS));
        boolean ready = started
                && (container.getReadinessProbe() == null
                        || result(own.get(ProbeKind.READINESS), ProbeKind.READINESS, pod, running)
                                .equals(Optional.of(Result.SUCCESS)));
        Optional<String> failure = Optional.empty();
        if (startupResult.equals(Optional.of(Result.FAILURE))) {
            failure = Optional.of("startup probe");
        } else if (result(own.get(ProbeKind.LIVENESS), ProbeKind.LIVENESS, pod, running)
                .equals(Optional.of(Result.FAILURE))) {
            failure = Optional.of("liveness probe");
        }
        return new ContainerHealth(started, ready, failure);
    }

    private static Optional<Result> result(
            @Nullable ProbeWorker worker, ProbeKind kind, Pod pod, ContainerInfo running) {
        if (worker != null) {
            return worker.result(running.id());
        }
        // Probing has not begun yet: what was last reported holds.
        return LastReport.wellContainer(kind, pod, running.name())
                .filter(running.id()::equals)
                .map(_ -> Result.SUCCESS);
    }

    @Override
    public void stopKilling(String podUid) {
        workers.getOrDefault(podUid, Map.of()).values().forEach(own -> {
            Optional.ofNullable(own.get(ProbeKind.LIVENESS)).ifPresent(ProbeWorker::stop);
            Optional.ofNullable(own.get(ProbeKind.STARTUP)).ifPresent(ProbeWorker::stop);
        });
    }

    @Override
    public void stop(String podUid) {
        var all = workers.remove(podUid);
        if (all != null) {
            all.values().forEach(own -> own.values().forEach(ProbeWorker::stop));
        }
    }

    @Override
    public void close() {
        List.copyOf(workers.keySet()).forEach(this::stop);
    }
}
