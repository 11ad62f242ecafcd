package io.jubernetes.apiserver;

import io.jubernetes.apiserver.ApiServerOptions.StorageBackend;
import io.jubernetes.apiserver.registry.core.allocation.Cidr;
import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.component.ThisMachine;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The API server's flags.
@Command(name = "apiserver", description = "Serves the Kubernetes API.")
public final class ApiServerCommand extends ComponentCommand {
    @Option(names = "--bind-address", defaultValue = "0.0.0.0", description = "Address to listen on.")
    private String bindAddress = "0.0.0.0";

    @Option(names = "--secure-port", defaultValue = "6443", description = "Port to serve HTTPS on.")
    private int securePort = 6443;

    @Option(names = "--advertise-address", description = "Address at which members of the cluster reach this server.")
    private @Nullable String advertiseAddress;

    @Option(
            names = "--data-dir",
            defaultValue = "/var/lib/jubernetes",
            description = "Directory of the embedded store and of certificates made at start.")
    private Path dataDir = Path.of("/var/lib/jubernetes");

    @Option(names = "--storage-backend", description = "embedded or etcd; etcd when --etcd-servers is given.")
    private @Nullable StorageBackend storageBackend;

    @Option(names = "--etcd-servers", split = ",", description = "URLs of the etcd members.")
    private List<String> etcdServers = new ArrayList<>();

    @Option(names = "--etcd-prefix", defaultValue = "/registry", description = "Start of all keys in etcd.")
    private String etcdPrefix = "/registry";

    @Option(names = "--etcd-cafile", description = "CA that signed the etcd members' certificates.")
    private @Nullable Path etcdCaFile;

    @Option(names = "--etcd-certfile", description = "Client certificate for etcd.")
    private @Nullable Path etcdCertFile;

    @Option(names = "--etcd-keyfile", description = "Key of the client certificate for etcd.")
    private @Nullable Path etcdKeyFile;

    @Option(names = "--client-ca-file", description = "CAs whose client certificates identify users.")
    private @Nullable Path clientCaFile;

    @Option(names = "--tls-cert-file", description = "Serving certificate, followed by intermediate ones.")
    private @Nullable Path tlsCertFile;

    @Option(names = "--tls-private-key-file", description = "Key of the serving certificate.")
    private @Nullable Path tlsKeyFile;

    @Option(names = "--token-auth-file", description = "CSV file of static tokens: token,user,uid,\"groups\".")
    private @Nullable Path tokenFile;

    @Option(
            names = "--service-account-key-file",
            description = "Keys that verify service account tokens; may be repeated.")
    private List<Path> serviceAccountKeyFiles = new ArrayList<>();

    @Option(names = "--service-account-signing-key-file", description = "Key that signs service account tokens.")
    private @Nullable Path serviceAccountSigningKeyFile;

    @Option(
            names = "--service-account-issuer",
            defaultValue = "https://kubernetes.default.svc",
            description = "Issuer of service account tokens.")
    private String serviceAccountIssuer = "";

    @Option(names = "--api-audiences", split = ",", description = "Audiences of tokens for this server.")
    private List<String> apiAudiences = new ArrayList<>();

    @Option(
            names = "--service-cluster-ip-range",
            split = ",",
            defaultValue = "10.96.0.0/16",
            description = "Ranges of Services' cluster addresses, one a family.")
    private List<String> serviceRanges = new ArrayList<>();

    @Option(names = "--service-node-port-range", defaultValue = "30000-32767", description = "Node ports.")
    private String nodePorts = "30000-32767";

    @Option(
            names = "--anonymous-auth",
            arity = "0..1",
            defaultValue = "true",
            fallbackValue = "true",
            description = "Whether requests without credentials count as system:anonymous.")
    private boolean anonymousAuth = true;

    @Option(names = "--kubelet-client-certificate", description = "Client certificate shown to kubelets.")
    private @Nullable Path kubeletClientCertificate;

    @Option(names = "--kubelet-client-key", description = "Key of the client certificate shown to kubelets.")
    private @Nullable Path kubeletClientKey;

    @Option(
            names = "--allow-privileged",
            arity = "0..1",
            defaultValue = "true",
            fallbackValue = "true",
            description = "Accepted for compatibility; privileged containers are a matter of pod security.")
    @SuppressWarnings("UnusedVariable")
    private boolean allowPrivileged = true;

    @Mixin
    private AuthenticationFlags authentication = new AuthenticationFlags();

    @Mixin
    private AuthorizationFlags authorization = new AuthorizationFlags();

    @Mixin
    private AuditFlags audit = new AuditFlags();

    @Mixin
    private EncryptionFlags encryption = new EncryptionFlags();

    @Mixin
    private AggregationFlags aggregation = new AggregationFlags();

    @Mixin
    private AdmissionFlags admission = new AdmissionFlags();

    @Mixin
    private FlowControlFlags flowControl = new FlowControlFlags();

    @Mixin
    private AvailabilityFlags availability = new AvailabilityFlags();

    @Override
    public RunningComponent start() throws StartupException {
        return ApiServer.start(options());
    }

    /// The options that flags stand for.
    ///
    /// @throws StartupException when one is wrong
    static ApiServerOptions optionsOf(String... flags) throws StartupException {
        var command = new ApiServerCommand();
        var _ = new CommandLine(command).parseArgs(flags);
        return command.options();
    }

    private ApiServerOptions options() throws StartupException {
        if (securePort < 0 || securePort > 65535) {
            throw new StartupException("--secure-port: " + securePort + " is not a port; choose one from 1 to 65535");
        }
        StorageBackend backend = storageBackend != null
                ? storageBackend
                : etcdServers.isEmpty() ? StorageBackend.EMBEDDED : StorageBackend.ETCD;
        if (backend == StorageBackend.ETCD && etcdServers.isEmpty()) {
            throw new StartupException("--etcd-servers: name at least one etcd member for --storage-backend=etcd");
        }
        List<Cidr> ranges = new ArrayList<>();
        for (String range : serviceRanges) {
            try {
                ranges.add(Cidr.parse(range));
            } catch (IllegalArgumentException e) {
                throw new StartupException(
                        "--service-cluster-ip-range: " + range + " is not a CIDR such as 10.96.0.0/16", e);
            }
        }
        int[] ports = nodePortRange();
        List<String> audiences = apiAudiences.isEmpty() ? List.of(serviceAccountIssuer) : apiAudiences;
        return new ApiServerOptions(
                bindAddress,
                securePort,
                advertiseAddress == null ? ownAddress(bindAddress) : advertiseAddress,
                dataDir,
                backend,
                etcdServers,
                etcdPrefix,
                etcdCaFile,
                etcdCertFile,
                etcdKeyFile,
                clientCaFile,
                tlsCertFile,
                tlsKeyFile,
                tokenFile,
                serviceAccountKeyFiles,
                serviceAccountSigningKeyFile,
                serviceAccountIssuer,
                audiences,
                ranges,
                ports[0],
                ports[1],
                anonymousAuth,
                kubeletClientCertificate,
                kubeletClientKey,
                admission.values(),
                aggregation.values(),
                encryption.values(),
                audit.values(),
                authentication.values(audiences, InstantSource.system()),
                authorization.values(),
                flowControl.values(),
                availability.values());
    }

    private int[] nodePortRange() throws StartupException {
        String[] parts = nodePorts.split("-");
        try {
            int first = Integer.parseInt(parts[0]);
            int last = Integer.parseInt(parts[parts.length - 1]);
            if (parts.length <= 2 && first > 0 && first <= last && last <= 65535) {
                return new int[] {first, last};
            }
        } catch (NumberFormatException e) {
            throw new StartupException("--service-node-port-range: write it as 30000-32767, not " + nodePorts, e);
        }
        throw new StartupException("--service-node-port-range: write it as 30000-32767, not " + nodePorts);
    }

    /// A loopback address, or all addresses, is not where others reach the server: then it tells the
    /// machine's own.
    private static String ownAddress(String bindAddress) throws StartupException {
        try {
            InetAddress bound = InetAddress.ofLiteral(bindAddress);
            return bound.isAnyLocalAddress() || bound.isLoopbackAddress()
                    ? ThisMachine.address().getHostAddress()
                    : bindAddress;
        } catch (IllegalArgumentException e) {
            throw new StartupException("--bind-address: " + bindAddress + " is not an IP address", e);
        }
    }
}
