package io.jubernetes.common.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// Makes API clients. A client is thread-safe and is closed by whoever made it.
public final class KubernetesClients {
    private KubernetesClients() {}

    /// A client for the kubeconfig's current context.
    ///
    /// @param kubeconfig the file; null for the service account of the pod this runs in
    /// @param component the user agent: the name managed fields and audit logs show
    /// @throws StartupException when the file is missing or unusable
    public static KubernetesClient connect(@Nullable Path kubeconfig, String component) throws StartupException {
        Config config;
        if (kubeconfig == null) {
            config = new ConfigBuilder().build();
        } else if (!Files.isReadable(kubeconfig)) {
            throw new StartupException("--kubeconfig: cannot read " + kubeconfig
                    + "; name an existing kubeconfig file that this user may read");
        } else {
            try {
                config = Config.fromKubeconfig(kubeconfig.toFile());
                separate(config);
            } catch (IOException e) {
                throw new StartupException("--kubeconfig: " + kubeconfig + ": " + e.getMessage(), e);
            } catch (RuntimeException e) {
                throw new StartupException("--kubeconfig: " + kubeconfig + " is not a kubeconfig file", e);
            }
        }
        config.setUserAgent(component);
        config.setRequestTimeout(30_000);
        config.setConnectionTimeout(10_000);
        // Retrying is the caller's: its work queues back off with jitter and know what is safe to repeat.
        config.setRequestRetryBackoffLimit(0);
        config.setWatchReconnectInterval(500);
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientFactory(new WatchByGet())
                .withKubernetesSerialization(serialization())
                .build();
    }

    /// How clients read objects: a list or map that the API server shows as null is an empty one, as the model has it
    /// for those that are left out. Some kinds have lists that are never left out. One for all clients, because it
    /// knows every kind there is.
    public static KubernetesSerialization serialization() {
        return Shared.SERIALIZATION;
    }

    private static final class Shared {
        static final KubernetesSerialization SERIALIZATION =
                new KubernetesSerialization(Json.nullsAsEmpty(new ObjectMapper()), true);
    }

    /// Nodes keep certificate and key in one file; the client library wants each alone.
    private static void separate(Config config) throws IOException {
        String file = config.getClientCertFile();
        if (file == null || !file.equals(config.getClientKeyFile())) {
            return;
        }
        PrivateKey key = Pem.privateKey(Path.of(file));
        config.setClientCertData(base64(Pem.text(Pem.certificates(Path.of(file)).toArray())));
        config.setClientKeyData(base64(Pem.text(key)));
        config.setClientKeyAlgo(key.getAlgorithm());
        config.setClientCertFile(null);
        config.setClientKeyFile(null);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }
}
