package io.jubernetes.controllermanager;

import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.ElectedService;
import io.jubernetes.common.controller.ServiceOptions;
import io.jubernetes.common.controller.ServiceOptions.DurationConverter;
import io.jubernetes.controllermanager.nodeipam.NodeIpamController;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The controller manager's command line.
@Command(name = "controller-manager", description = "Makes desired state real: runs all controllers.")
public final class ControllerManagerCommand extends ComponentCommand {
    private static final String NAME = "kube-controller-manager";

    @Mixin
    private ServiceOptions options = new ServiceOptions();

    @Option(
            names = "--secure-port",
            paramLabel = "PORT",
            defaultValue = "10257",
            description = "Port for health and metrics (${DEFAULT-VALUE}); 0 serves none.")
    private int securePort;

    @Option(
            names = "--controllers",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "*",
            description =
                    "Controllers to run: '*' for all that are on by default, 'NAME' for one more, '-NAME' for one less.")
    private List<String> controllers = List.of("*");

    @Option(
            names = "--use-service-account-credentials",
            arity = "0..1",
            paramLabel = "true|false",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Let each controller act as a service account of its own, with the role made for it.")
    private boolean useServiceAccountCredentials;

    @Option(
            names = "--service-account-private-key-file",
            paramLabel = "FILE",
            description = "Key that signs the tokens of service account secrets; without it none are made.")
    private @Nullable Path serviceAccountKey;

    @Option(
            names = "--root-ca-file",
            paramLabel = "FILE",
            description = "Certificates published to all namespaces; those of the kubeconfig by default.")
    private @Nullable Path rootCa;

    @Option(
            names = "--cluster-signing-cert-file",
            paramLabel = "FILE",
            description = "Authority that signs certificate requests; without it none are signed.")
    private @Nullable Path signingCertificate;

    @Option(
            names = "--cluster-signing-key-file",
            paramLabel = "FILE",
            description = "Key of --cluster-signing-cert-file.")
    private @Nullable Path signingKey;

    @Option(
            names = "--cluster-signing-duration",
            paramLabel = "DURATION",
            defaultValue = "8760h",
            converter = DurationConverter.class,
            description = "Longest validity of signed certificates (${DEFAULT-VALUE}).")
    private Duration signingDuration = Duration.ofDays(365);

    @Option(
            names = "--cluster-name",
            paramLabel = "NAME",
            defaultValue = "kubernetes",
            description = "The cluster's name.")
    private String clusterName = "kubernetes";

    @Option(
            names = "--cluster-cidr",
            paramLabel = "CIDR",
            split = ",",
            description = "Pod address ranges of the cluster, one a family.")
    private List<String> clusterCidrs = List.of();

    @Option(
            names = "--service-cluster-ip-range",
            paramLabel = "CIDR",
            split = ",",
            description = "Service address ranges of the cluster.")
    private List<String> serviceCidrs = List.of();

    @Option(
            names = "--allocate-node-cidrs",
            arity = "0..1",
            paramLabel = "true|false",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Give each node a block of --cluster-cidr.")
    private boolean allocateNodeCidrs;

    @Option(names = "--node-cidr-mask-size", paramLabel = "BITS", description = "Prefix length of nodes' IPv4 blocks.")
    private @Nullable Integer maskSize;

    @Option(
            names = "--node-cidr-mask-size-ipv4",
            paramLabel = "BITS",
            defaultValue = "24",
            description = "Prefix length of nodes' IPv4 blocks (${DEFAULT-VALUE}).")
    private int maskSizeIpv4;

    @Option(
            names = "--node-cidr-mask-size-ipv6",
            paramLabel = "BITS",
            defaultValue = "64",
            description = "Prefix length of nodes' IPv6 blocks (${DEFAULT-VALUE}).")
    private int maskSizeIpv6;

    @Option(
            names = "--node-monitor-period",
            paramLabel = "DURATION",
            defaultValue = "5s",
            converter = DurationConverter.class,
            description = "Kept for compatibility: nodes are looked at when they change and when their time is up.")
    private Duration nodeMonitorPeriod = Duration.ofSeconds(5);

    @Option(
            names = "--node-monitor-grace-period",
            paramLabel = "DURATION",
            defaultValue = "50s",
            converter = DurationConverter.class,
            description = "How long a node may be silent before it is unreachable (${DEFAULT-VALUE}).")
    private Duration nodeMonitorGracePeriod = Duration.ofSeconds(50);

    @Option(
            names = "--terminated-pod-gc-threshold",
            paramLabel = "COUNT",
            defaultValue = "12500",
            description = "Terminated pods kept (${DEFAULT-VALUE}); 0 keeps all.")
    private int terminatedPodThreshold;

    @Option(
            names = "--max-endpoints-per-slice",
            paramLabel = "COUNT",
            defaultValue = "100",
            description = "Endpoints in one slice at most (${DEFAULT-VALUE}).")
    private int maxEndpointsPerSlice;

    @Option(
            names = "--local-path-directory",
            paramLabel = "DIRECTORY",
            defaultValue = "/var/lib/jubernetes/volumes",
            description = "Where volumes of the built-in provisioner 'jubernetes.io/local-path' are made on the nodes"
                    + " (${DEFAULT-VALUE}).")
    private Path localPathDirectory = Path.of("/var/lib/jubernetes/volumes");

    @Option(
            names = "--legacy-service-account-token-clean-up-period",
            paramLabel = "DURATION",
            defaultValue = "8760h",
            converter = DurationConverter.class,
            description = "For how long a token that was made for every account may be unused (${DEFAULT-VALUE}).")
    private Duration legacyTokenPeriod = Duration.ofDays(365);

    @Mixin
    private AutoscalingOptions autoscaling = new AutoscalingOptions();

    @Mixin
    private ConcurrencyOptions concurrency = new ConcurrencyOptions();

    @Override
    public RunningComponent start() throws StartupException {
        ControllerSettings settings = settings();
        var shown = new HashMap<String, Object>();
        shown.put("controllers", settings.controllers());
        shown.put("clusterName", clusterName);
        shown.put("clusterCIDR", settings.clusterCidrs());
        shown.put("serviceClusterIPRange", settings.serviceCidrs());
        shown.put("nodeMonitorGracePeriod", nodeMonitorGracePeriod.toString());
        return ElectedService.start(
                NAME,
                options,
                securePort,
                shown,
                Clock.systemUTC(),
                service -> ControllerManagerWork.start(service, settings));
    }

    /// The settings that the flags stand for.
    ///
    /// @throws StartupException when one is wrong
    ControllerSettings settings() throws StartupException {
        for (String word : controllers) {
            String name = word.startsWith("-") ? word.substring(1) : word;
            if (!name.equals("*")
                    && !ControllerList.ELSEWHERE.contains(name)
                    && ControllerList.ALL.stream()
                            .noneMatch(entry ->
                                    entry.name().equals(name) || entry.alias().equals(name))) {
                throw new StartupException("--controllers: there is no controller '" + name + "'; there are "
                        + String.join(
                                ", ",
                                ControllerList.ALL.stream()
                                        .map(ControllerEntry::name)
                                        .toList()));
            }
        }
        readable("--service-account-private-key-file", serviceAccountKey);
        readable("--root-ca-file", rootCa);
        readable("--cluster-signing-cert-file", signingCertificate);
        readable("--cluster-signing-key-file", signingKey);
        var settings = new ControllerSettings(
                controllers,
                useServiceAccountCredentials,
                concurrency.byController(),
                serviceAccountKey,
                rootCa,
                signingCertificate,
                signingKey,
                signingDuration,
                clusterCidrs,
                serviceCidrs,
                allocateNodeCidrs,
                maskSize == null ? maskSizeIpv4 : maskSize,
                maskSizeIpv6,
                nodeMonitorPeriod,
                nodeMonitorGracePeriod,
                terminatedPodThreshold,
                maxEndpointsPerSlice,
                localPathDirectory,
                legacyTokenPeriod,
                autoscaling.settings());
        if (allocateNodeCidrs) {
            try {
                NodeIpamController.check(settings);
            } catch (IllegalArgumentException e) {
                throw new StartupException(String.valueOf(e.getMessage()), e);
            }
        }
        return settings;
    }

    private static void readable(String flag, @Nullable Path file) throws StartupException {
        if (file != null && !Files.isReadable(file)) {
            throw new StartupException(flag + ": cannot read " + file + "; name a file that this user may read");
        }
    }
}
