package io.jubernetes.hyperkube.keys;

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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// Makes the keys, certificates and kubeconfig files of a control plane; what exists and is valid for long
/// enough stays. Used by one thread.
public final class ControlPlaneKeys {
    /// How long before its end a certificate is made anew.
    public static final Duration RENEW_BEFORE = Duration.ofDays(30);

    private static final String CLUSTER = "jubernetes";

    private final Layout layout;
    private final Clock clock;
    private final Duration renewBefore;
    private final CertificateAuthority authority;

    private ControlPlaneKeys(Layout layout, Clock clock, Duration renewBefore, CertificateAuthority authority) {
        this.layout = layout;
        this.clock = clock;
        this.renewBefore = renewBefore;
        this.authority = authority;
    }

    /// Where the files are and where the API server is.
    ///
    /// @param pki the directory of keys and certificates
    /// @param kubeconfigs the directory of the components' kubeconfig files
    /// @param admin the administrator's kubeconfig file
    /// @param server the API server's URL, as clients use it
    /// @param names what else the API server is called: host names and addresses
    public record Layout(Path pki, Path kubeconfigs, Path admin, String server, List<String> names) {
        public Layout {
            names = List.copyOf(names);
        }

        /// The kubeconfig file of a component.
        public Path kubeconfig(String component) {
            return kubeconfigs.resolve(component + ".kubeconfig");
        }
    }

    /// Makes everything that is missing or ends soon.
    ///
    /// @param renewBefore how long a certificate must be valid to stay
    /// @throws IOException when a file cannot be read or written
    public static ControlPlaneKeys ensure(Layout layout, Clock clock, Duration renewBefore) throws IOException {
        Path pki = layout.pki();
        var authority =
                CertificateAuthority.loadOrCreate(pki.resolve("ca.crt"), pki.resolve("ca.key"), "kubernetes", clock);
        CertificateAuthority.loadOrCreate(
                pki.resolve("front-proxy-ca.crt"), pki.resolve("front-proxy-ca.key"), "front-proxy-ca", clock);
        var keys = new ControlPlaneKeys(layout, clock, renewBefore, authority);
        // Looking for two primes takes longer than all the rest, so it is done beside it.
        CompletableFuture<Void> serviceAccountKeys = CompletableFuture.runAsync(keys::serviceAccountKeys);
        keys.certificate("apiserver", keys.serving());
        keys.certificate(
                "apiserver-kubelet-client",
                CertificateRequest.client("kube-apiserver-kubelet-client", "kubeadm:cluster-admins", "system:masters"));
        keys.kubeconfig(layout.admin(), "admin", CertificateRequest.client("kubernetes-admin", "system:masters"));
        keys.kubeconfig("controller-manager", CertificateRequest.client("system:kube-controller-manager"));
        keys.kubeconfig("scheduler", CertificateRequest.client("system:kube-scheduler"));
        await(serviceAccountKeys);
        return keys;
    }

    private CertificateRequest serving() {
        List<String> hosts = new ArrayList<>(List.of(
                "localhost",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local"));
        List<String> addresses = new ArrayList<>(List.of("127.0.0.1"));
        for (String name : layout.names()) {
            List<String> list = name.matches("[0-9.]+|.*:.*") ? addresses : hosts;
            if (!list.contains(name)) {
                list.add(name);
            }
        }
        return CertificateRequest.server("kube-apiserver", hosts, addresses);
    }

    private void serviceAccountKeys() {
        try {
            ServiceAccountKeys.ensure(
                    layout.pki().resolve("sa.key"), layout.pki().resolve("sa.pub"));
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

    /// The authority's certificate as PEM text.
    public String authorityPem() {
        return authority.pem();
    }

    private void certificate(String name, CertificateRequest request) throws IOException {
        Path certificateFile = layout.pki().resolve(name + ".crt");
        Path keyFile = layout.pki().resolve(name + ".key");
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
                .isAfter(clock.instant().plus(renewBefore));
    }

    /// Makes the kubeconfig file of one more component, and the client certificate in it.
    ///
    /// @throws IOException when a file cannot be read or written
    public void kubeconfig(String component, CertificateRequest request) throws IOException {
        kubeconfig(layout.kubeconfig(component), component, request);
    }

    private void kubeconfig(Path file, String component, CertificateRequest request) throws IOException {
        certificate("client-" + component, request);
        Kubeconfigs.write(
                file,
                CLUSTER,
                request.commonName(),
                layout.server(),
                authority.pem(),
                Files.readString(layout.pki().resolve("client-" + component + ".crt")),
                Files.readString(layout.pki().resolve("client-" + component + ".key")));
    }
}
