package io.jubernetes.hyperkube.host;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.doctor.Shell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// The services of this host: systemd's, where it runs. Elsewhere whoever runs them is told what to start.
public final class HostServices {
    static final List<String> CONTROL_PLANE = List.of("apiserver", "controller-manager", "scheduler");
    static final List<String> NODE = List.of("kubelet", "service-proxy");

    private static final Path RUNNING = Path.of("/run/systemd/system");
    private static final Path UNITS = Path.of("/etc/systemd/system");
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private final boolean systemd;

    private HostServices(boolean systemd) {
        this.systemd = systemd;
    }

    /// The services of this machine.
    ///
    /// @param started false when somebody else starts and stops them
    public static HostServices ofThisMachine(boolean started) {
        return new HostServices(started && Files.isDirectory(RUNNING));
    }

    /// Whether the units are there that are going to be started.
    ///
    /// @throws StartupException naming what to do when they are not
    void check(List<String> services) throws StartupException {
        for (String service : services) {
            if (systemd && !Files.exists(UNITS.resolve(unit(service)))) {
                throw new StartupException("the service " + unit(service)
                        + " is not installed; run deploy/systemd/install first, or start it yourself (--no-start)");
            }
        }
    }

    /// Starts services, now and whenever the machine starts.
    ///
    /// @return what is left to be done by hand, for a person; empty when they run
    String start(List<String> services) throws StartupException {
        if (!systemd) {
            return "start these now: " + String.join(", ", services);
        }
        for (String service : services) {
            systemctl("enable", unit(service));
            systemctl("restart", unit(service));
        }
        return "";
    }

    /// Stops services and no longer starts them with the machine; those that are not there are passed over.
    public void stop(List<String> services) throws StartupException {
        for (String service : services) {
            if (systemd && Files.exists(UNITS.resolve(unit(service)))) {
                systemctl("disable", unit(service));
                systemctl("stop", unit(service));
            }
        }
    }

    private static void systemctl(String verb, String unit) throws StartupException {
        Shell.Result result = Shell.run(LIMIT, "systemctl", verb, unit);
        if (!result.ok()) {
            throw new StartupException("systemctl " + verb + " " + unit + ": " + result.output());
        }
    }

    private static String unit(String service) {
        return "jubernetes-" + service + ".service";
    }
}
