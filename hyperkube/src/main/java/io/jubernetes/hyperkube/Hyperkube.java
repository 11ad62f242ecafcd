package io.jubernetes.hyperkube;

import io.jubernetes.common.component.ComponentLauncher;
import io.jubernetes.common.component.ComponentVersion;
import io.jubernetes.hyperkube.cli.BackupCommand;
import io.jubernetes.hyperkube.cli.DemoCommand;
import io.jubernetes.hyperkube.cli.DoctorCommand;
import io.jubernetes.hyperkube.cli.DownCommand;
import io.jubernetes.hyperkube.cli.LogsCommand;
import io.jubernetes.hyperkube.cli.RehearseCommand;
import io.jubernetes.hyperkube.cli.RestoreCommand;
import io.jubernetes.hyperkube.cli.RunCommand;
import io.jubernetes.hyperkube.cli.StatusCommand;
import io.jubernetes.hyperkube.cli.UpCommand;
import io.jubernetes.hyperkube.cli.cluster.ClusterCommand;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/// The launcher for every component and for the commands of `./jube`.
@Command(
        name = "jube",
        mixinStandardHelpOptions = true,
        versionProvider = ComponentVersion.class,
        usageHelpWidth = 120,
        description = "A complete Kubernetes in Java: one command for a cluster, one for each of its components.",
        footer = {"", "./jube build and ./jube test build the project and run its whole test suite."},
        subcommands = {
            UpCommand.class,
            DownCommand.class,
            StatusCommand.class,
            LogsCommand.class,
            DoctorCommand.class,
            DemoCommand.class,
            BackupCommand.class,
            RestoreCommand.class,
            ClusterCommand.class,
            RunCommand.class,
            RehearseCommand.class,
            HelpCommand.class
        })
public final class Hyperkube implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    private Hyperkube() {}

    public static void main(String[] args) {
        System.exit(ComponentLauncher.run(new Hyperkube(), args));
    }

    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(System.out);
        }
    }
}
