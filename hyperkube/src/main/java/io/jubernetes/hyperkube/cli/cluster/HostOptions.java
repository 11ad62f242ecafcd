package io.jubernetes.hyperkube.cli.cluster;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.component.ThisMachine;
import io.jubernetes.hyperkube.cli.Progress;
import io.jubernetes.hyperkube.host.Host;
import io.jubernetes.hyperkube.host.HostServices;
import io.jubernetes.hyperkube.host.Setup;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What a host is called that becomes part of a cluster, and who starts its services.
final class HostOptions {
    @Mixin
    private FilesOption files = new FilesOption();

    @Option(names = "--node-name", paramLabel = "NAME", description = "The node's name instead of the host's.")
    private @Nullable String name;

    @Option(
            names = "--advertise-address",
            paramLabel = "IP",
            description = "The host's address instead of the one of its default route.")
    private @Nullable String address;

    @Option(
            names = "--no-start",
            description = "Leave the services to somebody else: says which to start, and waits for them.")
    private boolean leave;

    /// The host's address.
    String address() {
        return address == null ? ThisMachine.address().getHostAddress() : address;
    }

    Setup setup(Progress progress) throws StartupException {
        return new Setup(
                Host.of(name == null ? ThisMachine.hostName() : name, address()),
                files.files(),
                HostServices.ofThisMachine(!leave),
                progress::step);
    }
}
