package io.jubernetes.kubelet;

import io.jubernetes.kubelet.network.Command;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/// The Docker Engine for tests: starts it where nobody has and root may, and makes an image out of the
/// machine's busybox. Where there is neither engine nor root, tests that need one are skipped.
public final class TestDocker {
    public static final String IMAGE = "jubernetes-test/kubelet-busybox:3";

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final List<String> APPLETS = List.of(
            "sh",
            "cat",
            "echo",
            "sleep",
            "ls",
            "httpd",
            "wget",
            "id",
            "env",
            "stat",
            "stty",
            "touch",
            "kill",
            "date",
            "grep",
            "true",
            "false",
            "head",
            "tail",
            "nc",
            "ip",
            "mount",
            "mkdir",
            "test",
            "printf",
            "hostname",
            "nslookup",
            "ps",
            "rm",
            "ln",
            "chmod",
            "seq",
            "tr",
            "wc");

    private TestDocker() {}

    public static synchronized void require() throws IOException {
        if (!answers()) {
            Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "neither Docker nor root");
            Assumptions.assumeTrue(
                    Files.isExecutable(Path.of("/usr/sbin/dockerd")) || Files.isExecutable(Path.of("/usr/bin/dockerd")),
                    "no Docker Engine installed");
            new ProcessBuilder("setsid", "dockerd")
                    .redirectErrorStream(true)
                    .redirectOutput(Files.createTempFile("dockerd", ".log").toFile())
                    .start();
            org.awaitility.Awaitility.await().atMost(LIMIT).until(TestDocker::answers);
        }
        importImage(List.of("docker"));
    }

    /// An engine of the test's own, in a network namespace of its own, that it can stop and start.
    public static final class Private implements AutoCloseable {
        private final Path directory;
        private Process process;

        public Private() throws IOException {
            Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "not root");
            directory = Files.createTempDirectory("dockerd");
            process = start();
            importImage(List.of("docker", "-H", endpoint()));
        }

        public String endpoint() {
            return "unix://" + directory.resolve("docker.sock");
        }

        private Process start() throws IOException {
            Process started = new ProcessBuilder(
                            "unshare",
                            "-n",
                            "sh",
                            "-c",
                            "ip link set lo up; exec dockerd \"$@\"",
                            "sh",
                            "-H",
                            endpoint(),
                            "--data-root",
                            directory.resolve("data").toString(),
                            "--exec-root",
                            directory.resolve("exec").toString(),
                            "--pidfile",
                            directory.resolve("pid").toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            directory.resolve("log").toFile()))
                    .start();
            org.awaitility.Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> Command.run(LIMIT, List.of("docker", "-H", endpoint(), "info"))
                                    .exitCode()
                            == 0);
            return started;
        }

        public void stop() throws InterruptedException {
            process.destroy();
            process.waitFor();
        }

        public void startAgain() throws IOException {
            process = start();
        }

        @Override
        public void close() throws IOException {
            process.destroy();
            process.onExit().join();
            var _ = Command.run(
                    LIMIT,
                    List.of(
                            "sh",
                            "-c",
                            "umount -l " + directory + "/exec/netns/* " + directory
                                    + "/data/overlay2 2>/dev/null; rm -rf " + directory));
        }
    }

    private static boolean answers() {
        try {
            return Command.run(LIMIT, List.of("docker", "info")).exitCode() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static void importImage(List<String> docker) throws IOException {
        var inspect = new java.util.ArrayList<>(docker);
        inspect.addAll(List.of("image", "inspect", IMAGE));
        if (Command.run(LIMIT, inspect).exitCode() == 0) {
            return;
        }
        Path busybox = Path.of("/bin/busybox");
        Assumptions.assumeTrue(Files.isExecutable(busybox), "no busybox to make an image from");
        Path root = Files.createTempDirectory("busybox");
        Path bin = Files.createDirectories(root.resolve("bin"));
        Files.createDirectories(root.resolve("tmp"));
        Files.createDirectories(root.resolve("etc"));
        Files.copy(busybox, bin.resolve("busybox"));
        Files.setAttribute(bin.resolve("busybox"), "unix:mode", 0755);
        for (String applet : APPLETS) {
            Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
        }
        Path archive = Files.createTempFile("busybox", ".tar");
        Command.run(LIMIT, List.of("tar", "-C", root.toString(), "-cf", archive.toString(), "."))
                .orThrow();
        var load = new java.util.ArrayList<>(docker);
        load.addAll(List.of("import", archive.toString(), IMAGE));
        Command.run(LIMIT, load).orThrow();
    }

    /// What a docker command prints.
    public static String docker(String... arguments) throws IOException {
        var command = new java.util.ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return Command.run(LIMIT, command).orThrow().output();
    }

    /// Collects output of a stream.
    public static final class Collected implements io.jubernetes.kubelet.runtime.StreamSession.Receiver {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayOutputStream err = new ByteArrayOutputStream();

        @Override
        public synchronized void stdout(byte[] buffer, int offset, int length) {
            out.write(buffer, offset, length);
        }

        @Override
        public synchronized void stderr(byte[] buffer, int offset, int length) {
            err.write(buffer, offset, length);
        }

        public synchronized String out() {
            return out.toString(java.nio.charset.StandardCharsets.UTF_8);
        }

        public synchronized String err() {
            return err.toString(java.nio.charset.StandardCharsets.UTF_8);
        }
    }
}
