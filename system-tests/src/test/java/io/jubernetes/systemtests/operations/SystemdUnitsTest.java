package io.jubernetes.systemtests.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.jubernetes.systemtests.Background;
import io.jubernetes.systemtests.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The units are valid, as tight as each service allows, and start what they say.
class SystemdUnitsTest {
    private static final Duration SHORT = Duration.ofMinutes(1);
    private static final Path UNITS = Machine.home().resolve("deploy/systemd");

    @TempDir
    Path root;

    private static List<String> units() throws IOException {
        try (Stream<Path> files = Files.list(UNITS)) {
            return files.map(Path::toString)
                    .filter(name -> name.endsWith(".service"))
                    .sorted()
                    .toList();
        }
    }

    private static Machine.Ran analyze(List<String> words, List<String> units)
            throws IOException, InterruptedException {
        assumeThat(Machine.run(SHORT, Map.of(), "sh", "-c", "command -v systemd-analyze")
                        .code())
                .as("systemd-analyze is not installed")
                .isZero();
        return Machine.run(
                SHORT,
                Map.of(),
                Stream.of(List.of("systemd-analyze"), words, units)
                        .flatMap(List::stream)
                        .toArray(String[]::new));
    }

    @Test
    void everyUnitIsValid() throws IOException, InterruptedException {
        assertThat(units()).hasSize(6);
        assertThat(analyze(List.of("verify"), units()).ok()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "apiserver, 20",
        "controller-manager, 20",
        "cloud-controller-manager, 20",
        "scheduler, 20",
        "service-proxy, 30"
    })
    void whatAServiceDoesNotNeedItsSandboxForbids(String service, int worst) throws IOException, InterruptedException {
        Machine.Ran ran = analyze(
                List.of("security", "--offline=yes", "--no-pager", "--threshold=" + worst),
                List.of(UNITS.resolve("jubernetes-" + service + ".service").toString()));
        assertThat(ran.code()).as(ran.output()).isZero();
    }

    @Test
    void whatIsInstalledStartsAndAnUpgradeKeepsTheConfiguration() throws IOException, InterruptedException {
        install("scheduler", "apiserver");
        Path flags = root.resolve("etc/jubernetes/scheduler.env");
        assertThat(root.resolve("etc/systemd/system")).isDirectoryContaining("glob:**jubernetes-scheduler.service");
        assertThat(root.resolve("etc/jubernetes/kubelet.env")).doesNotExist();
        Files.writeString(flags, "FLAGS=--leader-elect=false\n");
        install("scheduler");
        assertThat(flags).hasContent("FLAGS=--leader-elect=false");

        Path program = root.resolve("usr/lib/jubernetes/bin/component");
        Machine.Ran help = Machine.run(
                SHORT,
                Map.of("JAVA_HOME", System.getProperty("java.home"), "JVM_SCHEDULER", "-Xmx64m -XX:+PrintFlagsFinal"),
                "sh",
                program.toString(),
                "scheduler",
                "--help");
        assertThat(help.ok()).contains("--leader-elect").containsPattern("MaxHeapSize += 67108864");
    }

    @Test
    void aServiceTellsSystemdWhenItServesAndWhenItStops() throws IOException, InterruptedException {
        install("apiserver");
        Path socket = root.resolve("notify");
        try (Background systemd = Background.start(Map.of(), "python3", "-u", "-c", """
                import socket, sys
                s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                s.bind(sys.argv[1])
                print('listening')
                while True: print(s.recv(4096).decode())
                """, socket.toString())) {
            systemd.await("listening");
            try (Background _ = Background.start(
                    Map.of(
                            "JAVA_HOME",
                            System.getProperty("java.home"),
                            "JVM_COMMON",
                            "-Xmx256m --enable-native-access=ALL-UNNAMED -XX:TieredStopAtLevel=1",
                            "NOTIFY_SOCKET",
                            socket.toString(),
                            "WATCHDOG_USEC",
                            "2000000"),
                    "sh",
                    root.resolve("usr/lib/jubernetes/bin/component").toString(),
                    "apiserver",
                    "--data-dir=" + root.resolve("data"),
                    "--bind-address=127.0.0.1",
                    "--secure-port=" + Machine.freePort())) {
                systemd.await("READY=1\nWATCHDOG=1\nWATCHDOG=1");
            }
            systemd.await("STOPPING=1");
        }
    }

    private void install(String... services) throws IOException, InterruptedException {
        Machine.run(
                        SHORT,
                        Map.of(),
                        Stream.concat(
                                        Stream.of(UNITS.resolve("install").toString(), "--root", root.toString()),
                                        Stream.of(services))
                                .toArray(String[]::new))
                .ok();
    }
}
