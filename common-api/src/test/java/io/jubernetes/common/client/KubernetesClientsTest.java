package io.jubernetes.common.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.CertificateRequest;
import io.jubernetes.common.pki.Pem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubernetesClientsTest {
    @TempDir
    private Path directory;

    @Test
    void certificateAndKeyMayLieInOneFile() throws Exception {
        var authority = CertificateAuthority.create("ca", Clock.systemUTC());
        var pair = CertificateAuthority.newKeyPair();
        var certificate = authority.issue(CertificateRequest.client("system:node:n", "system:nodes"), pair.getPublic());
        Path both = directory.resolve("kubelet-client-current.pem");
        Pem.writeSecret(both, Pem.text(certificate) + Pem.text(pair.getPrivate()));
        Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                current-context: c
                clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
                contexts: [{name: c, context: {cluster: c, user: u}}]
                users: [{name: u, user: {client-certificate: %s, client-key: %s}}]
                """.formatted(both, both));
        try (var client = KubernetesClients.connect(kubeconfig, "test")) {
            var config = client.getConfiguration();
            assertThat(config.getClientCertFile()).isNull();
            assertThat(config.getClientCertData()).isNotEmpty();
            assertThat(config.getClientKeyAlgo()).isEqualTo("EC");
        }
    }
}
