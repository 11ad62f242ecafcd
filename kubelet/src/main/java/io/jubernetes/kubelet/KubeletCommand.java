package io.jubernetes.kubelet;

import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.component.ThisMachine;
import io.jubernetes.kubelet.bootstrap.CertificateStore;
import io.jubernetes.kubelet.bootstrap.ClientBootstrap;
import io.jubernetes.kubelet.config.ConfigurationFlags;
import io.jubernetes.kubelet.config.KubeletConfiguration;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.image.CredentialProviders;
import io.jubernetes.kubelet.network.Cidr;
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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `kubelet` and its flags, under upstream's names.
@Command(name = "kubelet", description = "Runs the pods of one node on the Docker Engine.")
public final class KubeletCommand extends ComponentCommand {
    private static final int DEFAULT_PORT = 10250;
    private static final int DEFAULT_MAX_PODS = 110;
    private static final Duration STATUS_INTERVAL = Duration.ofSeconds(10);

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
            names = "--hollow",
            description = "Only pretend to run containers, on no engine: for nodes that others are tested with.")
    private boolean hollow;

    @Option(
            names = "--cluster-cidr",
            paramLabel = "CIDR",
            defaultValue = "10.244.0.0/16",
            description = "Addresses of all pods of the cluster (${DEFAULT-VALUE}).")
    private String clusterCidr = "10.244.0.0/16";

    @Option(
            names = "--node-labels",
            paramLabel = "KEY=VALUE",
            split = ",",
            description = "Labels of the node in addition to the usual ones.")
    private Map<String, String> nodeLabels = Map.of();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "KubeletConfiguration (kubelet.config.k8s.io/v1beta1) to start from; flags win over it.")
    private @Nullable Path config;

    @Option(
            names = "--config-dir",
            paramLabel = "DIR",
            description = "Directory whose *.conf files, in the order of their names, change the configuration.")
    private @Nullable Path configDirectory;

    @Option(
            names = "--bootstrap-kubeconfig",
            paramLabel = "FILE",
            description = "Kubeconfig to ask for a client certificate with while --kubeconfig has none.")
    private @Nullable Path bootstrapKubeconfig;

    @Option(
            names = "--cert-dir",
            paramLabel = "DIR",
            description = "Directory of certificates and keys; by default pki below --root-dir.")
    private @Nullable Path certificates;

    @Option(
            names = "--image-credential-provider-config",
            paramLabel = "FILE",
            description = "CredentialProviderConfig: programs that know credentials for images' registries.")
    private @Nullable Path credentialProviderConfig;

    @Option(
            names = "--image-credential-provider-bin-dir",
            paramLabel = "DIR",
            description = "Directory of these programs.")
    private @Nullable Path credentialProviderPrograms;

    @Mixin
    private ConfigurationFlags flags = new ConfigurationFlags();

    @Override
    public RunningComponent start() throws StartupException {
        Clock clock = Clock.systemUTC();
        KubeletConfiguration configuration;
        try {
            configuration = KubeletConfiguration.load(config, configDirectory, flags.overrides());
        } catch (IllegalArgumentException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
        KubeletSettings settings = settings(configuration);
        Path directory = certificates != null ? certificates : rootDirectory.resolve("pki");
        if (bootstrapKubeconfig != null) {
            ClientBootstrap.ensure(
                    kubeconfig,
                    bootstrapKubeconfig,
                    new CertificateStore(directory, "kubelet-client", clock),
                    settings.nodeName());
        }
        return RestartingKubelet.start(
                new Kubelet.Options(
                        settings,
                        kubeconfig,
                        endpoint(),
                        hollow,
                        configuration.text("address", "0.0.0.0"),
                        configuration.number("port", DEFAULT_PORT),
                        configuration.text("tlsCertFile").map(Path::of),
                        configuration.text("tlsPrivateKeyFile").map(Path::of),
                        configuration.text("authentication.x509.clientCAFile").map(Path::of),
                        authorize(configuration.text("authorization.mode", "Webhook")),
                        new Kubelet.Certificates(
                                directory,
                                configuration.flag("rotateCertificates", false),
                                configuration.flag("serverTLSBootstrap", false)),
                        credentials(clock),
                        configuration),
                clock);
    }

    private static boolean authorize(String mode) throws StartupException {
        return switch (mode) {
            case "Webhook" -> true;
            case "AlwaysAllow" -> false;
            default ->
                throw new StartupException("--authorization-mode: \"" + mode + "\" is neither Webhook nor AlwaysAllow");
        };
    }

    private CredentialProviders credentials(Clock clock) throws StartupException {
        if (credentialProviderConfig == null || credentialProviderPrograms == null) {
            if ((credentialProviderConfig == null) != (credentialProviderPrograms == null)) {
                throw new StartupException(
                        "--image-credential-provider-config and --image-credential-provider-bin-dir only make sense"
                                + " together");
            }
            return CredentialProviders.none(clock);
        }
        return CredentialProviders.load(credentialProviderConfig, credentialProviderPrograms, clock);
    }

    private DockerEndpoint endpoint() throws StartupException {
        try {
            return DockerEndpoint.of(runtimeEndpoint, System.getenv());
        } catch (IllegalArgumentException e) {
            throw new StartupException("--container-runtime-endpoint: " + e.getMessage(), e);
        }
    }

    private KubeletSettings settings(KubeletConfiguration configuration) throws StartupException {
        String name = hostname == null || hostname.isEmpty() ? ThisMachine.hostName() : hostname;
        try {
            return new KubeletSettings(
                    name.strip().toLowerCase(Locale.ROOT),
                    nodeIps.isEmpty() ? List.of(ThisMachine.address().getHostAddress()) : nodeIps,
                    rootDirectory,
                    configuration.list("clusterDNS"),
                    configuration.text("clusterDomain", "cluster.local"),
                    Cidr.parse(clusterCidr),
                    configuration.text("podCIDR").map(Cidr::parse),
                    Optional.of(configuration.text("resolvConf", "/etc/resolv.conf"))
                            .map(Path::of)
                            .filter(Files::isReadable),
                    configuration.number("maxPods", DEFAULT_MAX_PODS),
                    nodeLabels,
                    configuration.taints(),
                    configuration.flag("registerNode", true),
                    configuration.flag("seccompDefault", false),
                    configuration.text("cgroupRoot", ""),
                    configuration.duration("nodeStatusUpdateFrequency", STATUS_INTERVAL),
                    configuration.text("staticPodPath").map(Path::of),
                    configuration.text("providerID", ""),
                    configuration.policies());
        } catch (IllegalArgumentException e) {
            throw new StartupException("the kubelet's configuration or --cluster-cidr: " + e.getMessage(), e);
        }
    }
}
