package io.jubernetes.hyperkube.cli;

import io.jubernetes.apiserver.ApiServerCommand;
import io.jubernetes.controllermanager.ControllerManagerCommand;
import io.jubernetes.controllermanager.cloud.CloudControllerManagerCommand;
import io.jubernetes.hyperkube.cluster.AllInOneCommand;
import io.jubernetes.kubelet.HollowNodesCommand;
import io.jubernetes.kubelet.KubeletCommand;
import io.jubernetes.scheduler.SchedulerCommand;
import io.jubernetes.serviceproxy.ServiceProxyCommand;
import picocli.CommandLine.Command;

/// `run COMPONENT`: one component in the foreground.
@Command(
        name = "run",
        description = "Runs one component in the foreground; 'jube run COMPONENT --help' lists its flags.",
        synopsisSubcommandLabel = "COMPONENT",
        subcommands = {
            ApiServerCommand.class,
            ControllerManagerCommand.class,
            CloudControllerManagerCommand.class,
            SchedulerCommand.class,
            KubeletCommand.class,
            HollowNodesCommand.class,
            ServiceProxyCommand.class,
            AllInOneCommand.class
        },
        mixinStandardHelpOptions = true)
public final class RunCommand {}
