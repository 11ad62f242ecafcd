package io.jubernetes.hyperkube.cluster;

import io.jubernetes.common.client.Kubeconfigs;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.CertificateRequest;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.pki.ServiceAccountKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// Makes the keys, certificates and kubeconfig files of a cluster; what exists and is still valid for a while stays.
final class ClusterKeys {
    private static final Duration RENEW_BEFORE = Duration.ofDays(30);
    private static final String CLUSTER = "jubernetes";

    private final ClusterDirectory directory;
    private final ClusterSettings settings;
    private final Clock clock;
    private final CertificateAuthority authority;

    private ClusterKeys(
            ClusterDirectory directory, ClusterSettings settings, Clock clock, CertificateAuthority authority) {
        this.directory = directory;
        this.settings = settings;
        this.clock = clock;
        this.authority = authority;
    }

    /// Makes everything that is missing.
    ///
    /// @throws IOException when a file cannot be read or written
    static ClusterKeys ensure(ClusterDirectory directory, ClusterSettings settings, Clock clock) throws IOException {
        Path pki = directory.pki();
        var authority =
                CertificateAuthority.loadOrCreate(pki.resolve("ca.crt"), pki.resolve("ca.key"), "kubernetes", clock);
        CertificateAuthority.loadOrCreate(
                pki.resolve("front-proxy-ca.crt"), pki.resolve("front-proxy-ca.key"), "front-proxy-ca", clock);
        var keys = new ClusterKeys(directory, settings, clock, authority);
        // Looking for two primes takes longer than all the rest, so it is done beside it.
        CompletableFuture<Void> serviceAccountKeys = CompletableFuture.runAsync(keys::serviceAccountKeys);
        keys.certificate(
                "apiserver",
                CertificateRequest.server(
                        "kube-apiserver",
                        List.of(
                                "localhost",
                                "kubernetes",
                                "kubernetes.default",
                                "kubernetes.default.svc",
                                "kubernetes.default.svc.cluster.local"),
                        List.of("127.0.0.1", settings.hostAddress(), settings.serviceAddress(1))));
        keys.certificate(
                "apiserver-kubelet-client",
                CertificateRequest.client("kube-apiserver-kubelet-client", "kubeadm:cluster-admins", "system:masters"));
        keys.kubeconfig(
                directory.adminKubeconfig(), "admin", CertificateRequest.client("kubernetes-admin", "system:masters"));
        keys.kubeconfig("controller-manager", CertificateRequest.client("system:kube-controller-manager"));
        keys.kubeconfig("scheduler", CertificateRequest.client("system:kube-scheduler"));
        keys.kubeconfig("service-proxy", CertificateRequest.client("system:kube-proxy"));
        for (String node : settings.nodes()) {
            keys.kubeconfig("kubelet-" + node, CertificateRequest.client("system:node:" + node, "system:nodes"));
        }
        await(serviceAccountKeys);
        return keys;
    }

    private void serviceAccountKeys() {
        try {
            ServiceAccountKeys.ensure(
                    directory.pki().resolve("sa.key"), directory.pki().resolve("sa.pub"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(CompletableFuture<Void> keys) throws IOException {
        try {
            keys.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof UncheckedIOException unwritable ? unwritable.getCause() : new IOException(e);
        }
    }

    private void certificate(String name, CertificateRequest request) throws IOException {
        Path certificateFile = directory.pki().resolve(name + ".crt");
        Path keyFile = directory.pki().resolve(name + ".key");
        if (Files.exists(certificateFile) && Files.exists(keyFile) && isFresh(certificateFile)) {
            return;
        }
        KeyPair pair = CertificateAuthority.newKeyPair();
        X509Certificate certificate = authority.issue(request, pair.getPublic());
        Pem.writeSecret(keyFile, Pem.text(pair.getPrivate()));
        Pem.writePublic(certificateFile, Pem.text(certificate));
    }

    private boolean isFresh(Path certificate) throws IOException {
        return Pem.certificates(certificate)
                .getFirst()
                .getNotAfter()
                .toInstant()
                .isAfter(clock.instant().plus(RENEW_BEFORE));
    }

    private void kubeconfig(String component, CertificateRequest request) throws IOException {
        kubeconfig(directory.kubeconfig(component), component, request);
    }

    private void kubeconfig(Path file, String component, CertificateRequest request) throws IOException {
        certificate("client-" + component, request);
        Path pki = directory.pki();
        Kubeconfigs.write(
                file,
                CLUSTER,
                request.commonName(),
                settings.server(),
                authority.pem(),
                Files.readString(pki.resolve("client-" + component + ".crt")),
                Files.readString(pki.resolve("client-" + component + ".key")));
    }
}
