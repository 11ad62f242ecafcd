package io.jubernetes.kubelet;

import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.network.Cidr;
import io.jubernetes.kubelet.network.NodeAddresses;
import io.jubernetes.kubelet.runtime.docker.DockerEndpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `kubelet` and its flags, under upstream's names.
@Command(name = "kubelet", description = "Runs the pods of one node on the Docker Engine.")
public final class KubeletCommand extends ComponentCommand {
    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            required = true,
            description = "Kubeconfig file that says how to reach the API server.")
    private Path kubeconfig = Path.of("");

    @Option(
            names = "--hostname-override",
            paramLabel = "NAME",
            description = "Name of the node instead of the machine's host name.")
    private @Nullable String hostname;

    @Option(
            names = "--node-ip",
            paramLabel = "IP",
            split = ",",
            description = "Address of the node instead of the one of the default route.")
    private List<String> nodeIps = List.of();

    @Option(
            names = "--root-dir",
            paramLabel = "DIR",
            defaultValue = "/var/lib/kubelet",
            description = "Directory for volumes and other files of pods (${DEFAULT-VALUE}).")
    private Path rootDirectory = Path.of("");

    @Option(
            names = "--container-runtime-endpoint",
            paramLabel = "URL",
            description =
                    "The Docker Engine: unix:///path or tcp://host:port; by default DOCKER_HOST or Docker's socket.")
    private @Nullable String runtimeEndpoint;

    @Option(
            names = "--address",
            paramLabel = "IP",
            defaultValue = "0.0.0.0",
            description = "Address to serve on (${DEFAULT-VALUE}: all).")
    private String address = "0.0.0.0";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "10250",
            description = "Port to serve on (${DEFAULT-VALUE}); 0 for any free one.")
    private int port;

    @Option(
            names = "--tls-cert-file",
            paramLabel = "FILE",
            description = "Serving certificate; without it a self-signed one is kept below --root-dir.")
    private @Nullable Path tlsCertificate;

    @Option(names = "--tls-private-key-file", paramLabel = "FILE", description = "Key of the serving certificate.")
    private @Nullable Path tlsKey;

    @Option(
            names = "--client-ca-file",
            paramLabel = "FILE",
            description = "Authorities whose client certificates are trusted.")
    private @Nullable Path clientCa;

    @Option(
            names = "--authorization-mode",
            paramLabel = "MODE",
            defaultValue = "Webhook",
            description = "Who may use the server: Webhook asks the API server, AlwaysAllow lets everybody in"
                    + " (${DEFAULT-VALUE}).")
    private String authorizationMode = "Webhook";

    @Option(
            names = "--cluster-dns",
            paramLabel = "IP",
            split = ",",
            description = "Addresses of the cluster's DNS servers.")
    private List<String> clusterDns = List.of();

    @Option(
            names = "--cluster-domain",
            paramLabel = "DOMAIN",
            defaultValue = "cluster.local",
            description = "The cluster's domain (${DEFAULT-VALUE}).")
    private String clusterDomain = "cluster.local";

    @Option(
            names = "--cluster-cidr",
            paramLabel = "CIDR",
            defaultValue = "10.244.0.0/16",
            description = "Addresses of all pods of the cluster (${DEFAULT-VALUE}).")
    private String clusterCidr = "10.244.0.0/16";

    @Option(
            names = "--pod-cidr",
            paramLabel = "CIDR",
            description = "Addresses of this node's pods; by default what the API says, else a free part of"
                    + " --cluster-cidr.")
    private @Nullable String podCidr;

    @Option(
            names = "--resolv-conf",
            paramLabel = "FILE",
            defaultValue = "/etc/resolv.conf",
            description = "The machine's name servers (${DEFAULT-VALUE}).")
    private String resolvConf = "/etc/resolv.conf";

    @Option(
            names = "--max-pods",
            paramLabel = "N",
            defaultValue = "110",
            description = "The most pods this node takes (${DEFAULT-VALUE}).")
    private int maxPods;

    @Option(
            names = "--register-node",
            paramLabel = "true|false",
            arity = "0..1",
            defaultValue = "true",
            fallbackValue = "true",
            description = "Create the Node object (${DEFAULT-VALUE}).")
    private boolean registerNode;

    @Option(
            names = "--node-labels",
            paramLabel = "KEY=VALUE",
            split = ",",
            description = "Labels of the node in addition to the usual ones.")
    private Map<String, String> nodeLabels = Map.of();

    @Option(
            names = "--register-with-taints",
            paramLabel = "KEY=VALUE:EFFECT",
            split = ",",
            description = "Taints of a newly registered node.")
    private List<String> taints = List.of();

    @Option(
            names = "--provider-id",
            paramLabel = "ID",
            defaultValue = "",
            description = "The node's id with its cloud.")
    private String providerId = "";

    @Option(
            names = "--node-status-update-frequency",
            paramLabel = "SECONDS",
            defaultValue = "10s",
            description = "How often the node's status is looked at (${DEFAULT-VALUE}).")
    private String statusInterval = "10s";

    @Option(
            names = "--seccomp-default",
            paramLabel = "true|false",
            arity = "0..1",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Use the engine's seccomp profile for pods that do not name one (${DEFAULT-VALUE}).")
    private boolean seccompDefault;

    @Option(
            names = "--cgroup-root",
            paramLabel = "CGROUP",
            defaultValue = "",
            description = "Parent of all containers' cgroups; by default the engine's choice.")
    private String cgroupRoot = "";

    @Option(
            names = "--pod-manifest-path",
            paramLabel = "PATH",
            description = "File or directory with manifests of static pods.")
    private @Nullable Path staticPods;

    @Override
    public RunningComponent start() throws StartupException {
        Clock clock = Clock.systemUTC();
        return Kubelet.start(
                new Kubelet.Options(
                        settings(),
                        kubeconfig,
                        endpoint(),
                        address,
                        port,
                        Optional.ofNullable(tlsCertificate),
                        Optional.ofNullable(tlsKey),
                        Optional.ofNullable(clientCa),
                        authorize()),
                clock);
    }

    private boolean authorize() throws StartupException {
        return switch (authorizationMode) {
            case "Webhook" -> true;
            case "AlwaysAllow" -> false;
            default ->
                throw new StartupException(
                        "--authorization-mode: \"" + authorizationMode + "\" is neither Webhook nor AlwaysAllow");
        };
    }

    private DockerEndpoint endpoint() throws StartupException {
        try {
            return DockerEndpoint.of(runtimeEndpoint, System.getenv());
        } catch (IllegalArgumentException e) {
            throw new StartupException("--container-runtime-endpoint: " + e.getMessage(), e);
        }
    }

    private KubeletSettings settings() throws StartupException {
        String name = hostname == null || hostname.isEmpty() ? NodeAddresses.hostName() : hostname;
        try {
            return new KubeletSettings(
                    name.strip().toLowerCase(Locale.ROOT),
                    nodeIps.isEmpty() ? List.of(NodeAddresses.ofDefaultRoute()) : nodeIps,
                    rootDirectory,
                    clusterDns,
                    clusterDomain,
                    Cidr.parse(clusterCidr),
                    Optional.ofNullable(podCidr).filter(text -> !text.isEmpty()).map(Cidr::parse),
                    Optional.of(resolvConf)
                            .filter(text -> !text.isEmpty())
                            .map(Path::of)
                            .filter(Files::isReadable),
                    maxPods,
                    nodeLabels,
                    taints,
                    registerNode,
                    seccompDefault,
                    cgroupRoot,
                    duration(statusInterval),
                    Optional.ofNullable(staticPods),
                    providerId,
                    NodePolicies.DEFAULT);
        } catch (IllegalArgumentException e) {
            throw new StartupException(
                    "--cluster-cidr, --pod-cidr or --node-status-update-frequency: " + e.getMessage(), e);
        }
    }

    /// Seconds, with or without an `s`, or minutes with an `m`.
    private static Duration duration(String text) {
        String digits = text.replaceAll("[sm]$", "");
        try {
            long number = Long.parseLong(digits);
            Duration duration = text.endsWith("m") ? Duration.ofMinutes(number) : Duration.ofSeconds(number);
            if (!duration.isPositive()) {
                throw new NumberFormatException(text);
            }
            return duration;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + text + "\" is not a duration such as 10s", e);
        }
    }
}
