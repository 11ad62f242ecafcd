package io.jubernetes.kubelet.config;

import io.jubernetes.common.meta.Quantity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How a node looks after itself and its pods. What is not set has upstream's defaults.
///
/// @param allowedUnsafeSysctls patterns of kernel settings that pods may change though others may notice
/// @param systemReserved what the machine's own programs need, by resource
/// @param kubeReserved what the node's Kubernetes programs need, by resource
/// @param longestCrashPause the longest wait between restarts of a crashing container
/// @param logMaxSize a container's log file is begun anew at this size, such as `10Mi`
/// @param logMaxFiles how many files of a container's log are kept
/// @param parallelPulls how many images are fetched at once
/// @param cgroupsPerQos whether there is a cgroup for each quality of service and each pod
/// @param cgroupDriver `cgroupfs` or `systemd`; empty for the engine's
/// @param leaseSeconds how long others take this node for alive after its last sign
public record NodePolicies(
        List<String> allowedUnsafeSysctls,
        Map<String, Quantity> systemReserved,
        Map<String, Quantity> kubeReserved,
        Eviction eviction,
        ImageCollection images,
        Shutdown shutdown,
        Manifests manifests,
        Duration longestCrashPause,
        Quantity logMaxSize,
        int logMaxFiles,
        int parallelPulls,
        int leaseSeconds,
        boolean cgroupsPerQos,
        Optional<String> cgroupDriver) {
    public static final NodePolicies DEFAULT = new NodePolicies(
            List.of(),
            Map.of(),
            Map.of(),
            Eviction.DEFAULT,
            ImageCollection.DEFAULT,
            Shutdown.NONE,
            Manifests.NONE,
            Duration.ofMinutes(5),
            Quantity.parse("10Mi"),
            5,
            4,
            40,
            true,
            Optional.empty());

    public NodePolicies {
        allowedUnsafeSysctls = List.copyOf(allowedUnsafeSysctls);
        systemReserved = Map.copyOf(systemReserved);
        kubeReserved = Map.copyOf(kubeReserved);
    }

    /// When pods must go because the node runs short.
    ///
    /// @param hard thresholds by signal, such as `memory.available` to `100Mi` or `10%`: pods go at once
    /// @param soft thresholds that must be crossed for a while
    /// @param softGrace for how long, by signal
    /// @param minimumReclaim how much more than the threshold must be won, by signal
    /// @param maxPodGrace the most time a pod gets to leave at a soft threshold
    /// @param transition how long a node says that it runs short after it no longer does
    public record Eviction(
            Map<String, String> hard,
            Map<String, String> soft,
            Map<String, Duration> softGrace,
            Map<String, String> minimumReclaim,
            Duration maxPodGrace,
            Duration transition) {
        public static final Eviction DEFAULT = new Eviction(
                Map.of(
                        "memory.available", "100Mi",
                        "nodefs.available", "10%",
                        "nodefs.inodesFree", "5%",
                        "imagefs.available", "15%",
                        "imagefs.inodesFree", "5%"),
                Map.of(),
                Map.of(),
                Map.of(),
                Duration.ZERO,
                Duration.ofMinutes(5));

        public Eviction {
            hard = Map.copyOf(hard);
            soft = Map.copyOf(soft);
            softGrace = Map.copyOf(softGrace);
            minimumReclaim = Map.copyOf(minimumReclaim);
        }
    }

    /// When images that nobody uses are removed.
    ///
    /// @param highPercent of the disk used: start removing
    /// @param lowPercent of the disk used: enough
    /// @param minAge younger ones are kept
    /// @param maxAge what has been unused for longer goes in any case; zero for never
    public record ImageCollection(int highPercent, int lowPercent, Duration minAge, Duration maxAge) {
        public static final ImageCollection DEFAULT = new ImageCollection(85, 80, Duration.ofMinutes(2), Duration.ZERO);
    }

    /// How long the machine's shutdown waits for pods.
    ///
    /// @param byPriority the time of pods from a priority on; none for not waiting at all
    public record Shutdown(Map<Integer, Duration> byPriority) {
        public static final Shutdown NONE = new Shutdown(Map.of());
        /// Priorities from here on are the system's own.
        private static final int CRITICAL = 2_000_000_000;

        public Shutdown {
            byPriority = Map.copyOf(byPriority);
        }

        /// @param total for all pods; zero for not at all
        /// @param critical the part of it that only critical pods get
        static Shutdown of(Duration total, Duration critical) {
            if (total.isZero()) {
                return NONE;
            }
            if (critical.compareTo(total) > 0) {
                throw new IllegalArgumentException("shutdownGracePeriodCriticalPods must be <= shutdownGracePeriod");
            }
            return new Shutdown(Map.of(0, total.minus(critical), CRITICAL, critical));
        }

        /// How long the machine has to wait in all.
        public Duration total() {
            return byPriority.values().stream().reduce(Duration.ZERO, Duration::plus);
        }
    }

    /// Where manifests of static pods are looked for besides files.
    ///
    /// @param headers sent with requests to the URL
    /// @param fileInterval how often files are looked at even when nothing seems to change
    /// @param urlInterval how often the URL is asked
    /// @param etcd a key in etcd
    public record Manifests(
            Optional<String> url,
            Map<String, List<String>> headers,
            Duration fileInterval,
            Duration urlInterval,
            Optional<EtcdManifest> etcd) {
        public static final Manifests NONE = new Manifests(
                Optional.empty(), Map.of(), Duration.ofSeconds(20), Duration.ofSeconds(20), Optional.empty());

        public Manifests {
            headers = Map.copyOf(headers);
        }
    }

    /// A manifest in etcd.
    ///
    /// @param servers URLs, tried in turn
    /// @param key whose value it is
    /// @param caFile who may vouch for the servers; with `certFile` and `keyFile`, the client's own, for https only
    public record EtcdManifest(
            List<String> servers, String key, Optional<Path> caFile, Optional<Path> certFile, Optional<Path> keyFile) {
        public EtcdManifest {
            servers = List.copyOf(servers);
        }
    }
}
