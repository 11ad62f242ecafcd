package io.jubernetes.hyperkube.cli;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.ClusterDirectory;
import io.jubernetes.hyperkube.cluster.ClusterSettings;
import io.jubernetes.hyperkube.doctor.Doctor;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `doctor`: whether this machine can run a cluster, and how to mend what it lacks.
@Command(name = "doctor", description = "Checks this machine and says how to mend it.", mixinStandardHelpOptions = true)
public final class DoctorCommand implements Callable<Integer> {
    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Override
    public Integer call() throws StartupException {
        ClusterDirectory directory = cluster.directory();
        List<Integer> ports = new ArrayList<>(List.of(6443, 10250));
        if (Files.exists(directory.settings())) {
            ClusterSettings settings = ClusterSettings.read(directory);
            ports = new ArrayList<>(List.of(settings.securePort()));
            ports.addAll(settings.kubeletPorts());
        }
        boolean running = ClusterOption.process(directory).isPresent();
        return Doctor.examine(directory.root(), ports, running) ? 0 : 1;
    }
}
