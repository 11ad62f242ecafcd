package io.jubernetes.kubelet.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.codec.Json;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The flags that say the same as fields of a [KubeletConfiguration], and win over them.
public final class ConfigurationFlags {
    @Option(names = "--address", paramLabel = "IP", description = "Address to serve on (0.0.0.0: all).")
    private @Nullable String address;

    @Option(names = "--port", paramLabel = "PORT", description = "Port to serve on (10250); 0 for any free one.")
    private @Nullable Integer port;

    @Option(
            names = "--tls-cert-file",
            paramLabel = "FILE",
            description = "Serving certificate; without it a self-signed one is kept below --cert-dir.")
    private @Nullable String tlsCertFile;

    @Option(names = "--tls-private-key-file", paramLabel = "FILE", description = "Key of the serving certificate.")
    private @Nullable String tlsPrivateKeyFile;

    @Option(
            names = "--client-ca-file",
            paramLabel = "FILE",
            description = "Authorities whose client certificates are trusted.")
    private @Nullable String clientCaFile;

    @Option(
            names = "--authorization-mode",
            paramLabel = "MODE",
            description =
                    "Who may use the server: Webhook asks the API server, AlwaysAllow lets everybody in (Webhook).")
    private @Nullable String authorizationMode;

    @Option(
            names = "--cluster-dns",
            paramLabel = "IP",
            split = ",",
            description = "Addresses of the cluster's DNS servers.")
    private @Nullable List<String> clusterDns;

    @Option(names = "--cluster-domain", paramLabel = "DOMAIN", description = "The cluster's domain (cluster.local).")
    private @Nullable String clusterDomain;

    @Option(
            names = "--pod-cidr",
            paramLabel = "CIDR",
            description =
                    "Addresses of this node's pods; by default what the API says, else a free part of --cluster-cidr.")
    private @Nullable String podCidr;

    @Option(
            names = "--resolv-conf",
            paramLabel = "FILE",
            description = "The machine's name servers (/etc/resolv.conf).")
    private @Nullable String resolvConf;

    @Option(names = "--max-pods", paramLabel = "N", description = "The most pods this node takes (110).")
    private @Nullable Integer maxPods;

    @Option(
            names = "--register-node",
            paramLabel = "true|false",
            arity = "0..1",
            fallbackValue = "true",
            description = "Create the Node object (true).")
    private @Nullable Boolean registerNode;

    @Option(
            names = "--register-with-taints",
            paramLabel = "KEY=VALUE:EFFECT",
            split = ",",
            description = "Taints of a newly registered node.")
    private @Nullable List<String> registerWithTaints;

    @Option(names = "--provider-id", paramLabel = "ID", description = "The node's id with its cloud.")
    private @Nullable String providerId;

    @Option(
            names = "--node-status-update-frequency",
            paramLabel = "DURATION",
            description = "How often the node's status is looked at (10s).")
    private @Nullable String nodeStatusUpdateFrequency;

    @Option(
            names = "--seccomp-default",
            paramLabel = "true|false",
            arity = "0..1",
            fallbackValue = "true",
            description = "Use the engine's seccomp profile for pods that do not name one (false).")
    private @Nullable Boolean seccompDefault;

    @Option(
            names = "--cgroup-root",
            paramLabel = "CGROUP",
            description = "Parent of the pods' cgroups; by default the root.")
    private @Nullable String cgroupRoot;

    @Option(
            names = "--cgroup-driver",
            paramLabel = "DRIVER",
            description = "cgroupfs or systemd; by default as the engine has it.")
    private @Nullable String cgroupDriver;

    @Option(
            names = "--cgroups-per-qos",
            paramLabel = "true|false",
            arity = "0..1",
            fallbackValue = "true",
            description = "Make a cgroup for each quality of service and each pod (true).")
    private @Nullable Boolean cgroupsPerQos;

    @Option(
            names = "--pod-manifest-path",
            paramLabel = "PATH",
            description = "File or directory with manifests of static pods.")
    private @Nullable String podManifestPath;

    @Option(names = "--manifest-url", paramLabel = "URL", description = "Where to fetch manifests of static pods from.")
    private @Nullable String manifestUrl;

    @Option(
            names = "--manifest-url-header",
            paramLabel = "NAME:VALUE",
            split = ",",
            description = "Headers for requests to the manifest URL.")
    private @Nullable List<String> manifestUrlHeader;

    @Option(
            names = "--manifest-etcd-servers",
            paramLabel = "URL",
            split = ",",
            description = "etcd servers that hold a manifest of static pods.")
    private @Nullable List<String> manifestEtcdServers;

    @Option(
            names = "--manifest-etcd-key",
            paramLabel = "KEY",
            description = "The key in etcd whose value is a manifest of static pods; it is watched.")
    private @Nullable String manifestEtcdKey;

    @Option(
            names = "--manifest-etcd-cafile",
            paramLabel = "FILE",
            description = "Authorities that may vouch for the etcd servers.")
    private @Nullable String manifestEtcdCaFile;

    @Option(
            names = "--manifest-etcd-certfile",
            paramLabel = "FILE",
            description = "Client certificate for the etcd servers.")
    private @Nullable String manifestEtcdCertFile;

    @Option(names = "--manifest-etcd-keyfile", paramLabel = "FILE", description = "Key of that certificate.")
    private @Nullable String manifestEtcdKeyFile;

    @Option(
            names = "--file-check-frequency",
            paramLabel = "DURATION",
            description = "How often manifest files are looked at (20s).")
    private @Nullable String fileCheckFrequency;

    @Option(
            names = "--http-check-frequency",
            paramLabel = "DURATION",
            description = "How often the manifest URL is asked (20s).")
    private @Nullable String httpCheckFrequency;

    @Option(
            names = "--allowed-unsafe-sysctls",
            paramLabel = "NAME",
            split = ",",
            description = "Kernel settings, or patterns that end in *, that pods may change though others may notice.")
    private @Nullable List<String> allowedUnsafeSysctls;

    @Option(
            names = "--system-reserved",
            paramLabel = "RESOURCE=AMOUNT",
            split = ",",
            description = "What the machine's own programs need.")
    private @Nullable Map<String, String> systemReserved;

    @Option(
            names = "--kube-reserved",
            paramLabel = "RESOURCE=AMOUNT",
            split = ",",
            description = "What the node's Kubernetes programs need.")
    private @Nullable Map<String, String> kubeReserved;

    @Option(
            names = "--eviction-hard",
            paramLabel = "SIGNAL<AMOUNT",
            split = ",",
            description = "When pods must go at once, such as memory.available<100Mi.")
    private @Nullable List<String> evictionHard;

    @Option(
            names = "--eviction-soft",
            paramLabel = "SIGNAL<AMOUNT",
            split = ",",
            description = "When pods must go if it stays so for the grace period.")
    private @Nullable List<String> evictionSoft;

    @Option(
            names = "--eviction-soft-grace-period",
            paramLabel = "SIGNAL=DURATION",
            split = ",",
            description = "How long a soft threshold may be crossed.")
    private @Nullable Map<String, String> evictionSoftGracePeriod;

    @Option(
            names = "--eviction-minimum-reclaim",
            paramLabel = "SIGNAL=AMOUNT",
            split = ",",
            description = "How much more than the threshold must be won.")
    private @Nullable Map<String, String> evictionMinimumReclaim;

    @Option(
            names = "--eviction-max-pod-grace-period",
            paramLabel = "SECONDS",
            description = "The most time a pod gets to leave at a soft threshold.")
    private @Nullable Integer evictionMaxPodGracePeriod;

    @Option(
            names = "--eviction-pressure-transition-period",
            paramLabel = "DURATION",
            description = "How long the node says that it runs short after it no longer does (5m0s).")
    private @Nullable String evictionPressureTransitionPeriod;

    @Option(
            names = "--image-gc-high-threshold",
            paramLabel = "PERCENT",
            description = "Disk use from which on unused images are removed (85).")
    private @Nullable Integer imageGcHighThreshold;

    @Option(
            names = "--image-gc-low-threshold",
            paramLabel = "PERCENT",
            description = "Disk use down to which they are removed (80).")
    private @Nullable Integer imageGcLowThreshold;

    @Option(
            names = "--minimum-image-ttl-duration",
            paramLabel = "DURATION",
            description = "Age below which unused images are kept (2m0s).")
    private @Nullable String minimumImageTtlDuration;

    @Option(
            names = "--container-log-max-size",
            paramLabel = "AMOUNT",
            description = "Size at which a container's log is begun anew (10Mi).")
    private @Nullable String containerLogMaxSize;

    @Option(
            names = "--container-log-max-files",
            paramLabel = "N",
            description = "How many files of a container's log are kept (5).")
    private @Nullable Integer containerLogMaxFiles;

    @Option(
            names = "--serialize-image-pulls",
            paramLabel = "true|false",
            arity = "0..1",
            fallbackValue = "true",
            description = "Fetch one image at a time (false).")
    private @Nullable Boolean serializeImagePulls;

    @Option(
            names = "--rotate-certificates",
            paramLabel = "true|false",
            arity = "0..1",
            fallbackValue = "true",
            description = "Ask for a new client certificate before the old one runs out (false).")
    private @Nullable Boolean rotateCertificates;

    @Option(
            names = "--rotate-server-certificates",
            paramLabel = "true|false",
            arity = "0..1",
            fallbackValue = "true",
            description = "Ask the cluster for a serving certificate and keep it current (false).")
    private @Nullable Boolean rotateServerCertificates;

    /// What was given, in the form of the configuration.
    ///
    /// @throws IllegalArgumentException when a flag's value is not of its form
    public ObjectNode overrides() {
        var tree = new Overrides(Json.object());
        tree.text("address", address);
        tree.number("port", port);
        tree.text("tlsCertFile", tlsCertFile);
        tree.text("tlsPrivateKeyFile", tlsPrivateKeyFile);
        tree.text("authentication.x509.clientCAFile", clientCaFile);
        tree.text("authorization.mode", authorizationMode);
        tree.list("clusterDNS", clusterDns);
        tree.text("clusterDomain", clusterDomain);
        tree.text("podCIDR", podCidr);
        tree.text("resolvConf", resolvConf);
        tree.number("maxPods", maxPods);
        tree.flag("registerNode", registerNode);
        tree.taints("registerWithTaints", registerWithTaints);
        tree.text("providerID", providerId);
        tree.duration("nodeStatusUpdateFrequency", nodeStatusUpdateFrequency);
        tree.flag("seccompDefault", seccompDefault);
        tree.text("cgroupRoot", cgroupRoot);
        tree.text("cgroupDriver", cgroupDriver);
        tree.flag("cgroupsPerQOS", cgroupsPerQos);
        tree.text("staticPodPath", podManifestPath);
        tree.text("staticPodURL", manifestUrl);
        tree.headers("staticPodURLHeader", manifestUrlHeader);
        tree.list("staticPodEtcd.servers", manifestEtcdServers);
        tree.text("staticPodEtcd.key", manifestEtcdKey);
        tree.text("staticPodEtcd.caFile", manifestEtcdCaFile);
        tree.text("staticPodEtcd.certFile", manifestEtcdCertFile);
        tree.text("staticPodEtcd.keyFile", manifestEtcdKeyFile);
        tree.duration("fileCheckFrequency", fileCheckFrequency);
        tree.duration("httpCheckFrequency", httpCheckFrequency);
        tree.list("allowedUnsafeSysctls", allowedUnsafeSysctls);
        tree.map("systemReserved", systemReserved);
        tree.map("kubeReserved", kubeReserved);
        tree.thresholds("evictionHard", evictionHard);
        tree.thresholds("evictionSoft", evictionSoft);
        tree.map("evictionSoftGracePeriod", evictionSoftGracePeriod);
        tree.map("evictionMinimumReclaim", evictionMinimumReclaim);
        tree.number("evictionMaxPodGracePeriod", evictionMaxPodGracePeriod);
        tree.duration("evictionPressureTransitionPeriod", evictionPressureTransitionPeriod);
        tree.number("imageGCHighThresholdPercent", imageGcHighThreshold);
        tree.number("imageGCLowThresholdPercent", imageGcLowThreshold);
        tree.duration("imageMinimumGCAge", minimumImageTtlDuration);
        tree.text("containerLogMaxSize", containerLogMaxSize);
        tree.number("containerLogMaxFiles", containerLogMaxFiles);
        tree.flag("serializeImagePulls", serializeImagePulls);
        tree.flag("rotateCertificates", rotateCertificates);
        tree.flag("serverTLSBootstrap", rotateServerCertificates);
        return tree.tree();
    }

    /// Writes values that were given to their places.
    private record Overrides(ObjectNode tree) {
        private ObjectNode parent(String path) {
            ObjectNode at = tree;
            String[] parts = path.split("\\.");
            for (int i = 0; i < parts.length - 1; i++) {
                at = at.withObjectProperty(parts[i]);
            }
            return at;
        }

        private static String leaf(String path) {
            return path.substring(path.lastIndexOf('.') + 1);
        }

        void text(String path, @Nullable String value) {
            if (value != null) {
                parent(path).put(leaf(path), value);
            }
        }

        /// Plain numbers are seconds.
        void duration(String path, @Nullable String value) {
            if (value != null) {
                String text = value.matches("\\d+") ? value + "s" : value;
                var _ = GoDuration.parse(text);
                parent(path).put(leaf(path), text);
            }
        }

        void number(String path, @Nullable Integer value) {
            if (value != null) {
                parent(path).put(leaf(path), value);
            }
        }

        void flag(String path, @Nullable Boolean value) {
            if (value != null) {
                parent(path).put(leaf(path), value);
            }
        }

        void list(String path, @Nullable List<String> values) {
            if (values != null) {
                var list = parent(path).putArray(leaf(path));
                values.stream().filter(value -> !value.isEmpty()).forEach(list::add);
            }
        }

        void map(String path, @Nullable Map<String, String> values) {
            if (values != null) {
                ObjectNode map = parent(path).putObject(leaf(path));
                values.forEach(map::put);
            }
        }

        /// `signal<amount` each.
        void thresholds(String path, @Nullable List<String> values) {
            if (values != null) {
                ObjectNode map = parent(path).putObject(leaf(path));
                for (String value : values) {
                    String[] parts = value.split("<", 2);
                    if (parts.length != 2) {
                        throw new IllegalArgumentException(
                                "\"" + value + "\" is not a threshold such as memory.available<100Mi");
                    }
                    map.put(parts[0], parts[1]);
                }
            }
        }

        /// `name:value` each.
        void headers(String path, @Nullable List<String> values) {
            if (values != null) {
                ObjectNode map = parent(path).putObject(leaf(path));
                for (String value : values) {
                    String[] parts = value.split(":", 2);
                    map.withArrayProperty(parts[0]).add(parts.length > 1 ? parts[1] : "");
                }
            }
        }

        /// `key=value:effect` each.
        void taints(String path, @Nullable List<String> values) {
            if (values != null) {
                var list = parent(path).putArray(leaf(path));
                for (String value : values) {
                    int colon = value.lastIndexOf(':');
                    if (colon <= 0) {
                        throw new IllegalArgumentException(
                                "\"" + value + "\" is not a taint such as key=value:NoSchedule");
                    }
                    String[] pair = value.substring(0, colon).split("=", 2);
                    ObjectNode taint = list.addObject().put("key", pair[0]);
                    if (pair.length > 1) {
                        taint.put("value", pair[1]);
                    }
                    taint.put("effect", value.substring(colon + 1));
                }
            }
        }
    }
}
