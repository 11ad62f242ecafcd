package io.jubernetes.kubelet.image;

import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.TestDocker;
import io.jubernetes.kubelet.network.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/// Docker's registry on this machine, which only lets in who knows the password.
final class TestRegistry implements AutoCloseable {
    static final String USER = "robot";
    static final String PASSWORD = "U*U";
    /// The password as bcrypt has it.
    private static final String HASH = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    private static final Path PROGRAM = Path.of("/usr/bin/docker-registry");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Path directory;
    private final String address;
    private final Process process;

    TestRegistry(Path directory) throws IOException {
        Assumptions.assumeTrue(Files.isExecutable(PROGRAM), "no docker-registry installed");
        this.directory = directory;
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        address = "127.0.0.1:" + port;
        Path users = Files.writeString(directory.resolve("users"), USER + ":" + HASH + "\n");
        Path config = Files.writeString(
                directory.resolve("config.yml"), """
                version: 0.1
                log: {level: error}
                storage: {filesystem: {rootdirectory: %s}}
                http: {addr: "%s"}
                auth: {htpasswd: {realm: test, path: %s}}
                """.formatted(directory.resolve("data"), address, users));
        process = new ProcessBuilder(PROGRAM.toString(), "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        try (HttpClient http = HttpClient.newHttpClient()) {
            Awaitility.await()
                    .ignoreExceptions()
                    .until(() -> http.send(
                                            HttpRequest.newBuilder(URI.create("http://" + address + "/v2/"))
                                                    .build(),
                                            HttpResponse.BodyHandlers.discarding())
                                    .statusCode()
                            == 401);
        }
    }

    /// Puts the test image into the registry under a name, and takes it off the engine.
    ///
    /// @return the name with the registry's address
    String push(String name) throws IOException {
        String image = address + "/" + name;
        TestDocker.docker("tag", TestDocker.IMAGE, image);
        Files.writeString(directory.resolve("config.json"), dockerConfig());
        Command.run(LIMIT, List.of("docker", "--config", directory.toString(), "push", image))
                .orThrow();
        TestDocker.docker("rmi", image);
        return image;
    }

    String address() {
        return address;
    }

    /// What a pull secret holds.
    String dockerConfig() {
        String auth = Base64.getEncoder().encodeToString((USER + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        var config = Json.object();
        config.putObject("auths").putObject(address).put("auth", auth);
        return Json.text(config);
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}
