package io.jubernetes.serviceproxy.backend.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HairpinPortsTest {
    @TempDir
    private Path sys;

    @Test
    void allowsItOnThePortsOfTheEndpointsBridge() throws Exception {
        // The loopback interface stands in for a bridge: every machine has one.
        Path ports = Files.createDirectories(sys.resolve("class/net/lo/brif"));
        Path first = Files.writeString(Files.createDirectory(ports.resolve("a")).resolve("hairpin_mode"), "0\n");
        var hairpin = new HairpinPorts(sys);

        hairpin.allow(List.of("192.0.2.1"));
        assertThat(first).hasContent("0");
        hairpin.allow(List.of("127.0.0.5"));
        assertThat(first).hasContent("1");

        Path second =
                Files.writeString(Files.createDirectory(ports.resolve("b")).resolve("hairpin_mode"), "0\n");
        hairpin.allowAgain();
        assertThat(second).hasContent("1");
    }

    @ParameterizedTest
    @CsvSource({
        "10.244.0.1, 24, 10.244.0.9, true",
        "10.244.0.1, 24, 10.244.1.9, false",
        "10.244.0.1, 0, 192.0.2.1, true",
        "10.244.0.1, 30, 10.244.0.4, false",
        "10.244.0.1, 24, fd00::1, false"
    })
    void comparesTheFirstBits(String network, int bits, String address, boolean expected) {
        assertThat(HairpinPorts.holds(InetAddress.ofLiteral(network), bits, InetAddress.ofLiteral(address)))
                .isEqualTo(expected);
    }
}
