package io.jubernetes.common.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.GoDuration;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// The flags that components with leader election have in common, under upstream's names; a picocli mixin.
public final class ServiceOptions {
    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description =
                    "Kubeconfig file that says how to reach the API server; without it the pod's service account.")
    @Nullable
    Path kubeconfig;

    @Option(
            names = "--leader-elect",
            paramLabel = "true|false",
            arity = "0..1",
            defaultValue = "true",
            fallbackValue = "true",
            description = "Work only while holding the lease, so that one of several replicas works.")
    boolean leaderElect;

    @Option(
            names = "--leader-elect-lease-duration",
            paramLabel = "DURATION",
            defaultValue = "15s",
            converter = DurationConverter.class,
            description = "How long other replicas wait after the leader's last renewal.")
    Duration leaseDuration = Duration.ofSeconds(15);

    @Option(
            names = "--leader-elect-renew-deadline",
            paramLabel = "DURATION",
            defaultValue = "10s",
            converter = DurationConverter.class,
            description = "How long the leader goes on without a renewal.")
    Duration renewDeadline = Duration.ofSeconds(10);

    @Option(
            names = "--leader-elect-retry-period",
            paramLabel = "DURATION",
            defaultValue = "2s",
            converter = DurationConverter.class,
            description = "Time between two tries to get or renew the lease.")
    Duration retryPeriod = Duration.ofSeconds(2);

    @Option(
            names = "--leader-elect-resource-name",
            paramLabel = "NAME",
            description = "Name of the lease; the component's name by default.")
    @Nullable
    String leaseName;

    @Option(
            names = "--leader-elect-resource-namespace",
            paramLabel = "NAMESPACE",
            defaultValue = "kube-system",
            description = "Namespace of the lease (${DEFAULT-VALUE}).")
    String leaseNamespace = "kube-system";

    @Option(
            names = "--bind-address",
            paramLabel = "IP",
            defaultValue = "0.0.0.0",
            description = "Address to serve health and metrics on (${DEFAULT-VALUE}: all).")
    String bindAddress = "0.0.0.0";

    @Option(
            names = "--tls-cert-file",
            paramLabel = "FILE",
            description = "Serving certificate; without it a self-signed one in memory.")
    @Nullable
    Path tlsCertificate;

    @Option(names = "--tls-private-key-file", paramLabel = "FILE", description = "Key of --tls-cert-file.")
    @Nullable
    Path tlsKey;

    @Option(
            names = "--client-ca-file",
            paramLabel = "FILE",
            description = "Authorities whose client certificates are taken by /metrics and /configz.")
    @Nullable
    Path clientCa;

    /// Takes what a component's configuration file says instead of the flags; what it leaves out stays.
    ///
    /// @param election the file's `leaderElection`
    /// @param connection the file's `clientConnection`
    /// @throws TypeConversionException when a duration cannot be read
    public void override(JsonNode election, JsonNode connection) {
        String file = connection.path("kubeconfig").asText("");
        kubeconfig = file.isEmpty() ? kubeconfig : Path.of(file);
        leaderElect = election.path("leaderElect").asBoolean(leaderElect);
        leaseDuration = duration(election, "leaseDuration", leaseDuration);
        renewDeadline = duration(election, "renewDeadline", renewDeadline);
        retryPeriod = duration(election, "retryPeriod", retryPeriod);
        String name = election.path("resourceName").asText("");
        leaseName = name.isEmpty() ? leaseName : name;
        String namespace = election.path("resourceNamespace").asText("");
        leaseNamespace = namespace.isEmpty() ? leaseNamespace : namespace;
    }

    private static Duration duration(JsonNode node, String field, Duration otherwise) {
        String text = node.path(field).asText("");
        return text.isEmpty() ? otherwise : GoDuration.parse(text);
    }

    /// Durations as Go writes them: `90s`, `1m30s`, `500ms`, `0`.
    public static final class DurationConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return GoDuration.find(text)
                    .orElseThrow(() -> new TypeConversionException(
                            "'" + text + "' is not a duration such as 90s, 1m30s or 500ms"));
        }
    }
}
