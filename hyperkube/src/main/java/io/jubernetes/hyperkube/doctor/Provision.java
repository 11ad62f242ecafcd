package io.jubernetes.hyperkube.doctor;

import io.jubernetes.common.component.StartupException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// Installs and starts what a cluster needs on this machine and is not there: on Debian and Ubuntu as root;
/// elsewhere it says what to install.
public final class Provision {
    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(10);
    private static final Duration DOCKER_LIMIT = Duration.ofSeconds(60);
    private static final Duration QUICK = Duration.ofSeconds(10);

    private Provision() {}

    /// Makes sure that Docker answers and nftables are there.
    ///
    /// @param step told what is being done
    /// @throws StartupException when something is missing that cannot be installed here
    public static void ensure(Consumer<String> step, boolean etcd) throws StartupException {
        Map<String, String> missing = new TreeMap<>();
        if (!Shell.has("dockerd") && !dockerAnswers()) {
            missing.put("docker.io", "the Docker Engine");
        }
        if (!Shell.has("nft")) {
            missing.put("nftables", "nftables");
        }
        if (!Shell.has("iptables")) {
            missing.put("iptables", "iptables");
        }
        if (!Shell.has("conntrack")) {
            missing.put("conntrack", "conntrack");
        }
        if (etcd && !Shell.has("etcd")) {
            missing.put("etcd-server", "etcd");
        }
        if (!missing.isEmpty()) {
            install(step, missing);
        }
        if (!dockerAnswers()) {
            step.accept("starting the Docker Engine");
            startDocker();
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static void install(Consumer<String> step, Map<String, String> missing) throws StartupException {
        String names = String.join(", ", missing.values());
        if (!isRoot() || !Shell.has("apt-get")) {
            throw new StartupException("this machine lacks " + names
                    + "; install them (Debian, Ubuntu: sudo apt-get install " + String.join(" ", missing.keySet())
                    + ") and run ./jube up again, or run it as root");
        }
        step.accept("installing " + names);
        var _ = Shell.run(INSTALL_LIMIT, "apt-get", "update", "-qq");
        List<String> command = new ArrayList<>(List.of(
                "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "--no-install-recommends"));
        command.addAll(missing.keySet());
        Shell.Result result = Shell.run(INSTALL_LIMIT, command.toArray(String[]::new));
        if (!result.ok()) {
            throw new StartupException("cannot install " + names + ": "
                    + result.output().lines().reduce((_, last) -> last).orElse("apt-get failed"));
        }
    }

    static boolean dockerAnswers() {
        return Files.exists(Path.of("/var/run/docker.sock"))
                && Shell.run(QUICK, "docker", "version", "--format", "{{.Server.Version}}")
                        .ok();
    }

    private static void startDocker() throws StartupException {
        if (!isRoot()) {
            throw new StartupException("the Docker Engine does not answer; start it (sudo systemctl start docker) and"
                    + " see that this user may use it");
        }
        if (Files.isDirectory(Path.of("/run/systemd/system"))) {
            var _ = Shell.run(DOCKER_LIMIT, "systemctl", "start", "docker");
        } else {
            try {
                Path log = Path.of("/var/log/dockerd.log");
                new ProcessBuilder("setsid", "--fork", "dockerd")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .redirectInput(new File("/dev/null"))
                        .start();
            } catch (IOException e) {
                throw new StartupException("cannot start dockerd: " + e.getMessage(), e);
            }
        }
        long end = System.nanoTime() + DOCKER_LIMIT.toNanos();
        while (!dockerAnswers()) {
            if (System.nanoTime() > end) {
                throw new StartupException("the Docker Engine did not start within " + DOCKER_LIMIT.toSeconds()
                        + " seconds; see /var/log/dockerd.log");
            }
            LockSupport.parkNanos(200_000_000);
        }
    }
}
