package io.jubernetes.kubelet.pod;

import io.jubernetes.kubelet.runtime.ContainerInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the runtime has of one pod. Immutable.
///
/// @param sandboxes the newest first
/// @param containers by name, the newest first
/// @param messages last words by container id
public record PodState(
        List<ContainerInfo> sandboxes, Map<String, List<ContainerInfo>> containers, Map<String, String> messages) {
    static final PodState EMPTY = new PodState(List.of(), Map.of(), Map.of());

    private static final Comparator<ContainerInfo> NEWEST_FIRST = Comparator.comparingInt(ContainerInfo::attempt)
            .thenComparing(ContainerInfo::createdAt)
            .reversed();

    static PodState of(Collection<ContainerInfo> all, Map<String, String> messages) {
        var sandboxes = new ArrayList<ContainerInfo>();
        Map<String, List<ContainerInfo>> containers = new LinkedHashMap<>();
        for (ContainerInfo info : all) {
            if (info.sandbox()) {
                sandboxes.add(info);
            } else {
                containers.computeIfAbsent(info.name(), _ -> new ArrayList<>()).add(info);
            }
        }
        sandboxes.sort(NEWEST_FIRST);
        containers.values().forEach(list -> list.sort(NEWEST_FIRST));
        return new PodState(List.copyOf(sandboxes), Map.copyOf(containers), Map.copyOf(messages));
    }

    /// The sandbox that runs, if the newest does.
    public Optional<ContainerInfo> sandbox() {
        return sandboxes.stream().limit(1).filter(ContainerInfo::running).findFirst();
    }

    /// The containers of a name, the newest first.
    List<ContainerInfo> named(String name) {
        return containers.getOrDefault(name, List.of());
    }

    /// The newest container of a name.
    public Optional<ContainerInfo> newest(String name) {
        return named(name).stream().findFirst();
    }

    /// Everything that runs, without sandboxes.
    List<ContainerInfo> running() {
        return containers.values().stream()
                .flatMap(List::stream)
                .filter(ContainerInfo::running)
                .toList();
    }

    public boolean anythingRuns() {
        return !running().isEmpty() || sandboxes.stream().anyMatch(ContainerInfo::running);
    }

    /// Everything, sandboxes last.
    public List<ContainerInfo> all() {
        var all = new ArrayList<ContainerInfo>();
        containers.values().forEach(all::addAll);
        all.addAll(sandboxes);
        return all;
    }

    List<String> podIps() {
        return sandbox().map(ContainerInfo::ip).map(List::of).orElse(List.of());
    }
}
