package io.jubernetes.kubelet;

import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.ComponentLauncher;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hollow-nodes`: many kubelets in one process whose containers are only pretended, see
/// [io.jubernetes.kubelet.runtime.hollow]. All use one identity, which must be allowed to act for every node.
@Command(name = "hollow-nodes", description = "Plays many nodes that run nothing, to see how a cluster does with them.")
public final class HollowNodesCommand extends ComponentCommand {
    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            required = true,
            description = "Kubeconfig file of somebody who may do all that kubelets do.")
    private Path kubeconfig = Path.of("");

    @Option(
            names = "--root-dir",
            paramLabel = "DIR",
            required = true,
            description = "Directory for the nodes' files, one directory each.")
    private Path rootDirectory = Path.of("");

    @Option(names = "--count", paramLabel = "N", defaultValue = "1", description = "How many nodes (${DEFAULT-VALUE}).")
    private int count = 1;

    @Option(
            names = "--name",
            paramLabel = "PREFIX",
            defaultValue = "hollow-node",
            description = "The nodes' names are PREFIX-0, PREFIX-1, … (${DEFAULT-VALUE}).")
    private String name = "hollow-node";

    @Override
    public RunningComponent start() throws StartupException {
        var nodes = new HollowNodes(new ArrayList<>());
        boolean complete = false;
        try {
            for (int i = 0; i < count; i++) {
                nodes.kubelets.add(node(i));
            }
            complete = true;
            return nodes;
        } finally {
            if (!complete) {
                nodes.close();
            }
        }
    }

    private RunningComponent node(int number) throws StartupException {
        var kubelet = new KubeletCommand();
        ComponentLauncher.commandLine(kubelet)
                .parseArgs(
                        "--hollow",
                        "--kubeconfig=" + kubeconfig,
                        "--hostname-override=" + name + "-" + number,
                        "--root-dir=" + rootDirectory.resolve(name + "-" + number),
                        "--address=127.0.0.1",
                        "--port=0",
                        "--pod-cidr=10." + (128 + number / 256 % 128) + "." + number % 256 + ".0/24",
                        "--cgroups-per-qos=false");
        return kubelet.start();
    }

    private record HollowNodes(List<RunningComponent> kubelets) implements RunningComponent {
        @Override
        public String name() {
            return "hollow-nodes";
        }

        @Override
        public void close() {
            kubelets.reversed().forEach(RunningComponent::close);
        }
    }
}
