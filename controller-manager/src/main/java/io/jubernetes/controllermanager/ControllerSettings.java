package io.jubernetes.controllermanager;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the command line says to the controllers.
///
/// @param controllers `--controllers`: names, `-name` for off, `*` for all that are on by default
/// @param workers `--concurrent-…-syncs`, by the controller's name
/// @param serviceAccountKey signs legacy service account tokens, null to make none
/// @param rootCa the certificate published to all namespaces and put into tokens, null for that of the kubeconfig
/// @param signingCertificate and its key sign certificate requests, null to sign none
/// @param clusterCidrs pod address ranges, for `--allocate-node-cidrs`
/// @param useServiceAccountCredentials whether each controller acts as a service account of its own
/// @param localPathDirectory where the built-in provisioner has volumes made, on every node
/// @param legacyTokenPeriod for how long a token made by earlier versions may be unused before it is cleaned up
/// @param nodeMonitorGracePeriod how long a node may be silent before it is taken as unreachable
public record ControllerSettings(
        List<String> controllers,
        boolean useServiceAccountCredentials,
        Map<String, Integer> workers,
        @Nullable Path serviceAccountKey,
        @Nullable Path rootCa,
        @Nullable Path signingCertificate,
        @Nullable Path signingKey,
        Duration signingDuration,
        List<String> clusterCidrs,
        List<String> serviceCidrs,
        boolean allocateNodeCidrs,
        int nodeCidrMaskSizeIpv4,
        int nodeCidrMaskSizeIpv6,
        Duration nodeMonitorPeriod,
        Duration nodeMonitorGracePeriod,
        int terminatedPodThreshold,
        int maxEndpointsPerSlice,
        Path localPathDirectory,
        Duration legacyTokenPeriod,
        Autoscaling autoscaling) {

    private static final int DEFAULT_WORKERS = 5;

    public ControllerSettings {
        controllers = List.copyOf(controllers);
        workers = Map.copyOf(workers);
        clusterCidrs = List.copyOf(clusterCidrs);
        serviceCidrs = List.copyOf(serviceCidrs);
    }

    /// How workloads are sized.
    ///
    /// @param tolerance by which share a value may be off its target without effect
    /// @param cpuInitializationPeriod how long after its start a pod's CPU usage is believed only when it is ready
    /// @param initialReadinessDelay how soon after its start a pod may first become ready
    public record Autoscaling(
            double tolerance,
            Duration syncPeriod,
            Duration downscaleStabilization,
            Duration cpuInitializationPeriod,
            Duration initialReadinessDelay) {
        static final Autoscaling DEFAULT = new Autoscaling(
                0.1, Duration.ofSeconds(15), Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofSeconds(30));
    }

    /// The settings of a manager with none of the built-in controllers.
    static ControllerSettings forCloud(List<String> controllers, boolean useServiceAccountCredentials) {
        return new ControllerSettings(
                controllers,
                useServiceAccountCredentials,
                Map.of(),
                null,
                null,
                null,
                null,
                Duration.ofDays(365),
                List.of(),
                List.of(),
                false,
                24,
                64,
                Duration.ofSeconds(5),
                Duration.ofSeconds(50),
                0,
                100,
                Path.of("/var/lib/jubernetes/volumes"),
                Duration.ofDays(365),
                Autoscaling.DEFAULT);
    }

    int workers(String controller) {
        return workers.getOrDefault(controller, DEFAULT_WORKERS);
    }

    /// Whether a controller is to run: named by itself, or on by default and `*` is given and it is not taken out.
    boolean isEnabled(String name, List<String> aliases, boolean onByDefault) {
        boolean star = false;
        for (String word : controllers) {
            if (word.equals(name) || aliases.contains(word)) {
                return true;
            }
            if (word.startsWith("-") && (word.substring(1).equals(name) || aliases.contains(word.substring(1)))) {
                return false;
            }
            star |= word.equals("*");
        }
        return star && onByDefault;
    }
}
