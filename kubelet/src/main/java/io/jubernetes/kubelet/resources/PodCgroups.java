package io.jubernetes.kubelet.resources;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.container.Resources;
import io.jubernetes.kubelet.container.Resources.Qos;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The cgroups `kubepods`, `kubepods/burstable`, `kubepods/besteffort` and one for each pod, under upstream's names,
/// in every hierarchy the machine has: one for each controller (version 1) or one for all (version 2). Containers
/// are put below their pod's by the runtime. Thread-safe: the kernel is the only state.
public final class PodCgroups {
    private static final Logger LOG = LoggerFactory.getLogger(PodCgroups.class);
    private static final Path MOUNTS = Path.of("/proc/self/mounts");
    private static final long PERIOD = 100_000;
    private static final long LEAST_SHARES = 2;
    /// Where pods' cgroups are, the innermost first.
    private static final List<List<String>> PARENTS =
            List.of(List.of("kubepods", "burstable"), List.of("kubepods", "besteffort"), List.of("kubepods"));

    private final boolean systemd;
    private final String root;
    private final boolean enabled;
    private final List<Hierarchy> hierarchies;

    /// A mounted tree of cgroups.
    ///
    /// @param controllers what it controls; version 2 controls everything
    record Hierarchy(Path mount, List<String> controllers, boolean unified) {
        boolean has(String controller) {
            return unified || controllers.contains(controller);
        }
    }

    private PodCgroups(boolean systemd, String root, boolean enabled, List<Hierarchy> hierarchies) {
        this.systemd = systemd;
        this.root = root;
        this.enabled = enabled;
        this.hierarchies = List.copyOf(hierarchies);
    }

    /// @param driver `cgroupfs` or `systemd`
    /// @param root the parent of `kubepods`; empty or `/` for the root
    /// @param enabled false leaves containers where the runtime puts them
    public static PodCgroups of(String driver, String root, boolean enabled) {
        List<Hierarchy> hierarchies = List.of();
        try {
            hierarchies = hierarchies(Files.readAllLines(MOUNTS));
        } catch (IOException e) {
            LOG.warn("cannot read {}: {}; pods get no cgroups of their own", MOUNTS, e.toString());
        }
        String trimmed = root.equals("/") ? "" : root;
        return new PodCgroups(driver.equals("systemd"), trimmed, enabled && !hierarchies.isEmpty(), hierarchies);
    }

    /// Version 2 counts only where it has the controllers that matter: beside version 1 it may hold few or none.
    static List<Hierarchy> hierarchies(List<String> mounts) {
        var result = new ArrayList<Hierarchy>();
        for (String line : mounts) {
            String[] words = line.split(" ");
            if (words.length > 3 && words[2].equals("cgroup")) {
                result.add(new Hierarchy(Path.of(words[1]), List.of(words[3].split(",")), false));
            }
        }
        boolean first = result.stream().anyMatch(hierarchy -> hierarchy.has("memory"));
        if (!first) {
            for (String line : mounts) {
                String[] words = line.split(" ");
                if (words.length > 3 && words[2].equals("cgroup2")) {
                    result.add(new Hierarchy(Path.of(words[1]), List.of(), true));
                }
            }
        }
        return result;
    }

    /// The parent for a pod's containers, in the form that the runtime's driver wants; empty for its own choice.
    public String parent(Pod pod) {
        if (!enabled) {
            return root;
        }
        List<String> names = names(pod);
        return systemd ? slice(names) : root + "/" + String.join("/", names);
    }

    private static List<String> names(Pod pod) {
        String own = "pod" + pod.getMetadata().getUid();
        return switch (Resources.qos(pod)) {
            case GUARANTEED -> List.of("kubepods", own);
            case BURSTABLE -> List.of("kubepods", "burstable", own);
            case BEST_EFFORT -> List.of("kubepods", "besteffort", own);
        };
    }

    /// Systemd's name of a slice says where it is: `a-b-c.slice`; a dash in a name becomes `_`.
    static String slice(List<String> names) {
        return String.join(
                        "-", names.stream().map(name -> name.replace('-', '_')).toList()) + ".slice";
    }

    private Path path(Hierarchy hierarchy, List<String> names) {
        Path path = hierarchy.mount().resolve(root.startsWith("/") ? root.substring(1) : root);
        for (int i = 0; i < names.size(); i++) {
            path = path.resolve(systemd ? slice(names.subList(0, i + 1)) : names.get(i));
        }
        return path;
    }

    /// Makes a pod's cgroup with the limits of the pod as a whole, or changes them.
    public void ensure(Pod pod) {
        if (!enabled) {
            return;
        }
        Map<String, Quantity> requests = Resources.podRequests(pod);
        List<String> names = names(pod);
        set(
                names,
                shares(requests),
                limit(pod, Resources.CPU).map(Quantity::toMilli).orElse(0L),
                limit(pod, Resources.MEMORY).map(Quantity::toLong).orElse(0L));
    }

    private static long shares(Map<String, Quantity> requests) {
        long milli = requests.getOrDefault(Resources.CPU, Quantity.ZERO).toMilli();
        return Math.max(LEAST_SHARES, milli * 1024 / 1000);
    }

    /// A limit for the whole pod: its own, else there is one only when all containers have one.
    private static Optional<Quantity> limit(Pod pod, String resource) {
        var own = pod.getSpec().getResources();
        if (own != null && own.getLimits() != null && own.getLimits().containsKey(resource)) {
            return Optional.of(Quantity.parse(own.getLimits().get(resource).toString()));
        }
        Quantity sum = Quantity.ZERO;
        for (Container container : pod.getSpec().getContainers()) {
            Optional<Quantity> limit = Resources.limit(container, resource);
            if (limit.isEmpty()) {
                return Optional.empty();
            }
            sum = sum.plus(limit.get());
        }
        Quantity most = Quantity.ZERO;
        for (Container container : pod.getSpec().getInitContainers()) {
            Optional<Quantity> limit = Resources.limit(container, resource);
            if (limit.isEmpty()) {
                return Optional.empty();
            }
            if ("Always".equals(container.getRestartPolicy())) {
                sum = sum.plus(limit.get());
            } else {
                most = limit.get().compareTo(most) > 0 ? limit.get() : most;
            }
        }
        return Optional.of(sum.compareTo(most) > 0 ? sum : most);
    }

    /// Shares the processors between the qualities of service as their pods ask for them.
    public void shareOut(Collection<Pod> pods) {
        if (!enabled) {
            return;
        }
        long burstable = 0;
        for (Pod pod : pods) {
            if (Resources.qos(pod) == Qos.BURSTABLE) {
                burstable += shares(Resources.podRequests(pod));
            }
        }
        set(List.of("kubepods", "burstable"), Math.max(LEAST_SHARES, burstable), -1, -1);
        set(List.of("kubepods", "besteffort"), LEAST_SHARES, -1, -1);
    }

    /// Holds all pods together to what the node can give them.
    public void limitAll(Map<String, Quantity> allocatable) {
        if (!enabled || allocatable.isEmpty()) {
            return;
        }
        long memory = allocatable.getOrDefault(Resources.MEMORY, Quantity.ZERO).toLong();
        set(List.of("kubepods"), shares(allocatable), -1, memory);
    }

    /// @param shares relative weight of processor time
    /// @param milli processors in thousandths; 0 for no limit, negative to leave it
    /// @param memory bytes; 0 for no limit, negative to leave it
    private void set(List<String> names, long shares, long milli, long memory) {
        for (Hierarchy hierarchy : hierarchies) {
            if (!hierarchy.has("cpu") && !hierarchy.has("memory")) {
                continue;
            }
            Path path = path(hierarchy, names);
            try {
                Files.createDirectories(path);
                if (hierarchy.unified()) {
                    enable(hierarchy.mount(), path);
                    write(path, "cpu.weight", Long.toString(1 + (shares - 2) * 9999 / 262_142));
                    write(path, "cpu.max", milli < 0 ? null : milli == 0 ? "max" : quota(milli) + " " + PERIOD);
                    write(path, "memory.max", memory < 0 ? null : memory == 0 ? "max" : Long.toString(memory));
                    continue;
                }
                if (hierarchy.has("cpu")) {
                    write(path, "cpu.shares", Long.toString(shares));
                    write(path, "cpu.cfs_quota_us", milli < 0 ? null : milli == 0 ? "-1" : Long.toString(quota(milli)));
                }
                if (hierarchy.has("memory")) {
                    write(
                            path,
                            "memory.limit_in_bytes",
                            memory < 0 ? null : memory == 0 ? "-1" : Long.toString(memory));
                }
            } catch (IOException e) {
                // A limit below what is in use is refused until the use has shrunk.
                LOG.debug("cannot set up cgroup {}: {}", path, e.getMessage());
            }
        }
    }

    private static long quota(long milli) {
        return Math.max(1000, milli * PERIOD / 1000);
    }

    /// In version 2 each cgroup on the way must pass its controllers on.
    private static void enable(Path mount, Path path) throws IOException {
        for (Path at = mount;
                !at.equals(path);
                at = at.resolve(at.relativize(path).getName(0))) {
            write(at, "cgroup.subtree_control", "+cpu +memory +pids");
        }
    }

    private static void write(Path path, String file, @Nullable String value) throws IOException {
        Path target = path.resolve(file);
        if (value != null && Files.exists(target)) {
            Files.writeString(target, value);
        }
    }

    /// Removes what is left of a pod's cgroup; nothing of it may run any more.
    public void remove(String podUid) {
        for (List<String> parent : PARENTS) {
            var names = new ArrayList<>(parent);
            names.add("pod" + podUid);
            remove(names);
        }
    }

    private void remove(List<String> names) {
        for (Hierarchy hierarchy : hierarchies) {
            Path path = path(hierarchy, names);
            try {
                if (Files.isDirectory(path)) {
                    removeTree(path);
                }
            } catch (IOException | UncheckedIOException e) {
                LOG.debug("cannot remove cgroup {}: {}", path, e.toString());
            }
        }
    }

    /// Only directories can be removed of a cgroup; its files go with it.
    private static void removeTree(Path root) throws IOException {
        var _ = Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /// Removes the cgroups of pods by their uids, and those above them when nobody else has pods in them.
    public void purge(Collection<String> podUids) {
        podUids.forEach(this::remove);
        for (List<String> names : PARENTS) {
            for (Hierarchy hierarchy : hierarchies) {
                try {
                    Files.deleteIfExists(path(hierarchy, names));
                } catch (IOException e) {
                    LOG.debug("cgroup {} stays: {}", names, e.toString());
                }
            }
        }
    }
}
