package io.jubernetes.hyperkube.cli.cluster;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cli.Progress;
import io.jubernetes.hyperkube.host.HostCertificates;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `cluster certs`: how long the control plane's certificates are good.
@Command(
        name = "certs",
        description = "Shows and renews the control plane's certificates.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {CertsCommand.Check.class, CertsCommand.Renew.class},
        mixinStandardHelpOptions = true)
final class CertsCommand {
    private static void print(List<HostCertificates.Entry> certificates, Clock clock) {
        System.out.printf("%-34s %-21s %s%n", "CERTIFICATE", "EXPIRES", "LEFT");
        for (HostCertificates.Entry each : certificates) {
            Duration left = Duration.between(clock.instant(), each.end());
            System.out.printf(
                    "%-34s %-21s %s%n", each.name(), each.end(), left.isNegative() ? "expired" : left.toDays() + "d");
        }
    }

    /// `certs check`.
    @Command(
            name = "check",
            description = "Shows when this host's certificates end; exits with 1 when one ends within 30 days.",
            mixinStandardHelpOptions = true)
    static final class Check implements Callable<Integer> {
        @Mixin
        private FilesOption files = new FilesOption();

        @Override
        public Integer call() throws StartupException, IOException {
            Clock clock = Clock.systemUTC();
            List<HostCertificates.Entry> all = HostCertificates.of(files.files());
            print(all, clock);
            return all.stream().anyMatch(each -> each.endsSoon(clock.instant())) ? 1 : 0;
        }
    }

    /// `certs renew`.
    @Command(
            name = "renew",
            description = "Makes all of this control plane host's certificates anew and restarts what uses them.",
            mixinStandardHelpOptions = true)
    static final class Renew implements Callable<Integer> {
        @Mixin
        private HostOptions host = new HostOptions();

        @Override
        public Integer call() throws StartupException, IOException {
            var progress = new Progress(System.out);
            var setup = host.setup(progress);
            HostCertificates.renew(setup);
            progress.done();
            print(HostCertificates.of(setup.files()), Clock.systemUTC());
            return 0;
        }
    }
}
