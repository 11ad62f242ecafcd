package io.jubernetes.hyperkube.demo;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.doctor.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Makes the demo's image from the machine's static busybox, without any registry.
public final class DemoImage {
    private static final String NAME = "jubernetes-demo:";
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    /// What a visitor of a pod looks for; kubectl cp needs tar.
    private static final List<String> APPLETS = List.of(
            "sh",
            "wget",
            "cat",
            "ls",
            "sleep",
            "nslookup",
            "nc",
            "tar",
            "rm",
            "echo",
            "env",
            "id",
            "ps",
            "hostname",
            "grep",
            "tail");

    private DemoImage() {}

    /// Makes `jubernetes-demo:VERSION`, whose `/srv/version` says its version, unless it is there.
    static void build(String version) throws StartupException {
        build(NAME + version, version);
    }

    /// Makes an image like the demo's under a name of the caller's, unless it is there.
    ///
    /// @param image its name and tag
    /// @param version what `/srv/version` says
    /// @throws StartupException when there is no busybox or Docker refuses
    public static void build(String image, String version) throws StartupException {
        if (Shell.run(LIMIT, "docker", "image", "inspect", image).ok()) {
            return;
        }
        if (!Files.isExecutable(BUSYBOX)) {
            Shell.Result installed = Shell.run(
                    LIMIT,
                    "env",
                    "DEBIAN_FRONTEND=noninteractive",
                    "apt-get",
                    "install",
                    "-y",
                    "-qq",
                    "busybox-static");
            if (!installed.ok()) {
                throw new StartupException(
                        "the demo needs a static busybox; install it (Debian: apt-get install" + " busybox-static)");
            }
        }
        Path root = null;
        try {
            root = Files.createTempDirectory("jube-demo");
            for (String directory : List.of("bin", "srv", "tmp", "etc")) {
                Files.createDirectories(root.resolve(directory));
            }
            Files.copy(BUSYBOX, root.resolve("bin/busybox"), StandardCopyOption.COPY_ATTRIBUTES);
            for (String applet : APPLETS) {
                Files.createSymbolicLink(root.resolve("bin").resolve(applet), Path.of("busybox"));
            }
            Files.writeString(root.resolve("srv/version"), version + "\n");
            Shell.Result result = Shell.run(
                    LIMIT,
                    "sh",
                    "-c",
                    "tar -C \"$1\" -c . | docker import --change 'ENV PATH=/bin' - \"$2\"",
                    "demo",
                    root.toString(),
                    image);
            if (!result.ok()) {
                throw new StartupException("cannot make the demo's image: " + result.output());
            }
        } catch (IOException e) {
            throw new StartupException("cannot make the demo's image: " + e.getMessage(), e);
        } finally {
            delete(root);
        }
    }

    /// Removes the images of all versions unless a container uses them.
    public static void remove() {
        for (String version : List.of("v1", "v2")) {
            var _ = Shell.run(LIMIT, "docker", "image", "rm", NAME + version);
        }
    }

    private static void delete(@org.jspecify.annotations.Nullable Path root) throws StartupException {
        if (root == null) {
            return;
        }
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new StartupException("cannot remove " + root, e);
        }
    }
}
