package io.jubernetes.serviceproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.component.ComponentLauncher;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceProxyCommandTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--cluster-cidr=10.244.0.0/99 | --cluster-cidr: \"10.244.0.0/99\" is not a range",
                "--nodeport-addresses=here | --nodeport-addresses: \"here\" is not a range",
                "--cluster-dns=dns | --cluster-dns: \"dns\" is not an IP address",
                "--proxy-mode=ipvs | --proxy-mode: \"ipvs\" is not available; use nftables or userspace",
                "--nftables-table=a;b | is not a name for an nftables table",
                "--iptables-masquerade-bit=32 | the masquerade bit must be between 0 and 31",
                "--healthz-bind-address=here | --healthz-bind-address: \"here\" is not an address",
                "--metrics-bind-address=0.0.0.0:99999 | --metrics-bind-address: 99999 is not a port",
                "--dns-stub-domain=corp | --dns-stub-domain: \"corp\" is not of the form",
                "--udp-timeout=0s | --udp-timeout: idle connections need a time",
                "--iptables-sync-period=soon | is not a duration",
                "--kubeconfg=x | did you mean --kubeconfig?"
            })
    void namesTheFlagThatIsWrong(String flag, String message) {
        assertThat(error(flag, "--kubeconfig=" + directory.resolve("none")))
                .as("one line, perhaps with a hint at the help")
                .contains(message)
                .doesNotContain("\tat ");
    }

    @Test
    void saysWhichAddressIsTaken() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(error("--healthz-bind-address=127.0.0.1:" + taken.getLocalPort()))
                    .contains("--healthz-bind-address: cannot listen on 127.0.0.1 port " + taken.getLocalPort());
        }
    }

    private static String error(String... args) {
        var err = new StringWriter();
        var line = ComponentLauncher.commandLine(new ServiceProxyCommand()).setErr(new PrintWriter(err, true));
        assertThat(line.execute(args)).isNotZero();
        return err.toString();
    }
}
