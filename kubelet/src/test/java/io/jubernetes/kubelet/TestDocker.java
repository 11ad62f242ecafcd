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
    public static final String IMAGE = "jubernetes-test/kubelet-busybox:2";

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
        if (Command.run(LIMIT, List.of("docker", "image", "inspect", IMAGE)).exitCode() != 0) {
            importImage();
        }
    }

    private static boolean answers() {
        try {
            return Command.run(LIMIT, List.of("docker", "info")).exitCode() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static void importImage() throws IOException {
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
        Command.run(LIMIT, List.of("docker", "import", archive.toString(), IMAGE))
                .orThrow();
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
