package io.jubernetes.hyperkube.host;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.hyperkube.keys.ControlPlaneKeys;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What making or joining a cluster works on.
///
/// @param host this host
/// @param files where its files are
/// @param services starts what is to run
/// @param progress hears of each step
public record Setup(Host host, HostFiles files, HostServices services, Consumer<String> progress) {
    static final Duration PATIENCE = Duration.ofMinutes(4);

    private static final Logger LOG = LoggerFactory.getLogger(Setup.class);
    private static final long POLL_NANOS = Duration.ofMillis(200).toNanos();
    private static final String SERVICE_USER = "jubernetes";

    void step(String text) {
        progress.accept(text);
    }

    /// Makes this host's keys and flags of the control plane, and starts it.
    ///
    /// @return the cluster's CA
    String startControlPlane(ClusterDescription cluster) throws StartupException, IOException {
        step("writing keys and flags to " + files.configuration());
        ControlPlaneKeys keys = ControlPlaneKeys.ensure(
                files.keys(cluster.server(), apiNames(cluster)), Clock.systemUTC(), ControlPlaneKeys.RENEW_BEFORE);
        new ServiceFlags(files, cluster).controlPlane(host);
        cluster.write(files);
        start(HostServices.CONTROL_PLANE);
        step("waiting for the API at " + cluster.server());
        awaitApi(cluster);
        return keys.authorityPem();
    }

    /// What the API server of this host is called.
    List<String> apiNames(ClusterDescription cluster) {
        return List.of(host.address(), host.name(), cluster.endpointHost(), cluster.apiAddress());
    }

    private void awaitApi(ClusterDescription cluster) throws StartupException {
        Deadline deadline = Deadline.in(PATIENCE);
        String last = "";
        try (KubernetesClient client = KubernetesClients.connect(files.adminKubeconfig(), "jube")) {
            while (!deadline.isOver()) {
                try {
                    if ("ok".equals(client.raw("/readyz"))) {
                        return;
                    }
                } catch (KubernetesClientException e) {
                    last = String.valueOf(e.getMessage());
                    LOG.debug("the API does not answer yet", e);
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
        throw new StartupException("the API at " + cluster.server() + " did not become ready within "
                + PATIENCE.toMinutes() + " minutes (" + last + "); see journalctl -u jubernetes-apiserver");
    }

    void start(List<String> names) throws StartupException, IOException {
        giveToServices();
        String left = services.start(names);
        if (!left.isEmpty()) {
            step(left);
        }
    }

    /// The control plane's services run as a user of their own where there is one, and read these files.
    private void giveToServices() throws IOException {
        UserPrincipalLookupService users = FileSystems.getDefault().getUserPrincipalLookupService();
        UserPrincipal user;
        GroupPrincipal group;
        try {
            user = users.lookupPrincipalByName(SERVICE_USER);
            group = users.lookupPrincipalByGroupName(SERVICE_USER);
        } catch (UserPrincipalNotFoundException e) {
            return;
        }
        try (Stream<Path> all = Files.walk(files.configuration())) {
            for (Path path : all.toList()) {
                var view = Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
                view.setOwner(user);
                view.setGroup(group);
            }
        }
    }
}
