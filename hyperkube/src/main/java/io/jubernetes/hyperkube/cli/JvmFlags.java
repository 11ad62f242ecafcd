package io.jubernetes.hyperkube.cli;

import io.jubernetes.hyperkube.cluster.ClusterDirectory;
import java.util.List;

/// How the JVM of the components is run: small, and quick to start.
final class JvmFlags {
    private JvmFlags() {}

    static List<String> server(ClusterDirectory directory) {
        return List.of(
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
                "-XX:ErrorFile=" + directory.root().resolve("hs_err.log"));
    }
}
