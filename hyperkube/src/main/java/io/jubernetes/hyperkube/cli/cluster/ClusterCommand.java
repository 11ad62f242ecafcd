package io.jubernetes.hyperkube.cli.cluster;

import picocli.CommandLine.Command;

/// `cluster`: makes and changes clusters of several hosts.
@Command(
        name = "cluster",
        description = "Makes and looks after clusters of several hosts.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            InitCommand.class,
            JoinCommand.class,
            TokenCommand.class,
            UploadCertsCommand.class,
            CreateKubeconfigCommand.class,
            CertsCommand.class,
            ResetCommand.class
        },
        mixinStandardHelpOptions = true)
public final class ClusterCommand {}
