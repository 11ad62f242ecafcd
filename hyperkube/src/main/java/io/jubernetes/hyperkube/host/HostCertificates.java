package io.jubernetes.hyperkube.host;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.hyperkube.keys.ControlPlaneKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The certificates of a control plane host. Those of its kubelet are not among them: they renew
/// themselves.
public final class HostCertificates {
    /// Longer than any certificate is good, so that all are made anew.
    private static final Duration ALL = Duration.ofDays(3650);

    private HostCertificates() {}

    /// When a certificate ends.
    public record Entry(String name, Instant end) {
        /// Whether it is time to renew it.
        public boolean endsSoon(Instant now) {
            return end.isBefore(now.plus(ControlPlaneKeys.RENEW_BEFORE));
        }
    }

    /// All certificates of this host, by name.
    ///
    /// @throws StartupException when there are none
    public static List<Entry> of(HostFiles files) throws StartupException, IOException {
        List<Entry> result = new ArrayList<>();
        if (Files.isDirectory(files.pki())) {
            try (Stream<Path> list = Files.list(files.pki())) {
                for (Path path : list.filter(path -> path.toString().endsWith(".crt"))
                        .sorted()
                        .toList()) {
                    result.add(new Entry(
                            path.getFileName().toString().replace(".crt", ""),
                            Pem.certificates(path).getFirst().getNotAfter().toInstant()));
                }
            }
        }
        if (result.isEmpty()) {
            throw new StartupException("there are no certificates in " + files.pki());
        }
        return result;
    }

    /// Makes all certificates and kubeconfig files of the control plane anew; its CAs and the keys that
    /// sign service account tokens stay. Restarts the services.
    ///
    /// @throws StartupException when this is no control plane host
    public static void renew(Setup setup) throws StartupException, IOException {
        ClusterDescription cluster = ClusterDescription.read(setup.files())
                .filter(_ -> Files.exists(setup.files().pki().resolve("ca.key")))
                .orElseThrow(() -> new StartupException("this is no control plane host: there is no "
                        + setup.files().pki().resolve("ca.key")));
        ControlPlaneKeys.ensure(setup.files().keys(cluster.server(), setup.apiNames(cluster)), Clock.systemUTC(), ALL);
        setup.start(HostServices.CONTROL_PLANE);
    }
}
