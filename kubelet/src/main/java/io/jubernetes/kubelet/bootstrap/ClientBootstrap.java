package io.jubernetes.kubelet.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gets a new node its identity: with the credentials of a bootstrap kubeconfig it asks for a client certificate,
/// and writes a kubeconfig that uses it.
public final class ClientBootstrap {
    private static final Logger LOG = LoggerFactory.getLogger(ClientBootstrap.class);
    private static final Duration LIMIT = Duration.ofMinutes(15);

    private ClientBootstrap() {}

    /// Sees to it that `kubeconfig` exists and its certificate is valid. Waits for the request's approval.
    ///
    /// @param bootstrap the kubeconfig with the bootstrap credentials
    /// @throws StartupException when there is no certificate after a quarter of an hour
    public static void ensure(Path kubeconfig, Path bootstrap, CertificateStore store, String nodeName)
            throws StartupException {
        if (Files.exists(kubeconfig) && store.valid().isPresent()) {
            return;
        }
        LOG.info("asking for a client certificate with {}", bootstrap);
        try (KubernetesClient client = KubernetesClients.connect(bootstrap, "kubelet-bootstrap")) {
            if (store.valid().isEmpty()) {
                store.update(new CertificateRequester(client)
                        .request(CertificateRequester.Wish.client(nodeName), Deadline.in(LIMIT)));
            }
            Files.createDirectories(kubeconfig.toAbsolutePath().getParent());
            Pem.writeSecret(kubeconfig, kubeconfig(bootstrap, store.current()));
        } catch (IOException e) {
            throw new StartupException(
                    "--bootstrap-kubeconfig: " + e.getMessage() + "; approve the node's certificate request", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException("--bootstrap-kubeconfig: interrupted", e);
        }
    }

    /// The cluster of the bootstrap kubeconfig's current context, with another user.
    private static String kubeconfig(Path bootstrap, Path certificate) throws IOException {
        JsonNode from = Yaml.read(Files.readAllBytes(bootstrap));
        String context = from.path("current-context").asText();
        String cluster = named(from.path("contexts"), context)
                .path("context")
                .path("cluster")
                .asText();
        ObjectNode to =
                Json.object().put("apiVersion", "v1").put("kind", "Config").put("current-context", "default-context");
        ObjectNode entry = to.putArray("clusters").addObject().put("name", "default-cluster");
        entry.set("cluster", named(from.path("clusters"), cluster).path("cluster"));
        to.putArray("contexts")
                .addObject()
                .put("name", "default-context")
                .putObject("context")
                .put("cluster", "default-cluster")
                .put("namespace", "default")
                .put("user", "default-auth");
        to.putArray("users")
                .addObject()
                .put("name", "default-auth")
                .putObject("user")
                .put("client-certificate", certificate.toAbsolutePath().toString())
                .put("client-key", certificate.toAbsolutePath().toString());
        return Yaml.text(to);
    }

    private static JsonNode named(JsonNode list, String name) {
        for (JsonNode entry : list) {
            if (entry.path("name").asText().equals(name)) {
                return entry;
            }
        }
        return Json.object();
    }
}
