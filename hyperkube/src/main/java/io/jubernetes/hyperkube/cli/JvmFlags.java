package io.jubernetes.hyperkube.cli;

import io.jubernetes.hyperkube.cluster.ClusterDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How the JVM of the components is run: small, and quick to start.
final class JvmFlags {
    private JvmFlags() {}

    static List<String> server(ClusterDirectory directory) {
        List<String> flags = new ArrayList<>(List.of(
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-Xms48m",
                "-Xmx512m",
                "-XX:MaxHeapFreeRatio=20",
                "-XX:MinHeapFreeRatio=10",
                "-Xss512k",
                "-XX:MaxMetaspaceSize=256m",
                "-XX:ReservedCodeCacheSize=96m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dio.netty.allocator.numDirectArenas=2",
                "-Dio.netty.allocator.maxOrder=6",
                "-XX:ErrorFile=" + directory.root().resolve("hs_err.log")));
        Path cache = home().resolve("jube.aot");
        if (Files.exists(cache)) {
            // A cache of another JDK or build is left alone by the JVM; that is no news for the log.
            flags.addAll(List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:cds=off"));
        }
        return flags;
    }

    /// The directory of the jars that the program consists of.
    static Path libraries() {
        return home().resolve("lib");
    }

    private static Path home() {
        Path parent = Path.of(System.getProperty("java.class.path")).getParent();
        return parent == null ? Path.of("") : parent;
    }
}
