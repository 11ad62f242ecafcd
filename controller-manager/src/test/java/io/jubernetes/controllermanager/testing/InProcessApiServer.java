package io.jubernetes.controllermanager.testing;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.apiserver.ApiServerCommand;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.ComponentLauncher;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.ServiceAccountKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// The real API server with RBAC, in this JVM, on an empty store of its own. Tests borrow one, by
/// [Lent], and keep apart by names.
public final class InProcessApiServer implements AutoCloseable {
    private static final String TOKEN = "secret";

    private final Path folder;
    private final int port;
    private final RunningComponent server;
    private final KubernetesClient admin;

    private InProcessApiServer(Path folder, int port, RunningComponent server, KubernetesClient admin) {
        this.folder = folder;
        this.port = port;
        this.server = server;
        this.admin = admin;
    }

    private static InProcessApiServer start() {
        try {
            Path folder = Files.createTempDirectory("apiserver");
            int port;
            try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = free.getLocalPort();
            }
            Path tokens = folder.resolve("tokens.csv");
            Files.writeString(tokens, TOKEN + ",admin,1,\"system:masters\"\n");
            Path key = folder.resolve("sa.key");
            Path publicKey = folder.resolve("sa.pub");
            ServiceAccountKeys.ensure(key, publicKey);
            var command = new ApiServerCommand();
            ComponentLauncher.commandLine(command)
                    .parseArgs(
                            "--bind-address=127.0.0.1",
                            "--secure-port=" + port,
                            "--advertise-address=192.0.2.10",
                            "--data-dir=" + folder.resolve("data"),
                            "--token-auth-file=" + tokens,
                            "--authorization-mode=RBAC",
                            // Pods without accounts, and nodes that are ready at once.
                            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
                            "--service-account-key-file=" + publicKey,
                            "--service-account-signing-key-file=" + key);
            RunningComponent server = command.start();
            Path kubeconfig = kubeconfig(folder.resolve("admin.kubeconfig"), URI.create("https://127.0.0.1:" + port));
            return new InProcessApiServer(folder, port, server, KubernetesClients.connect(kubeconfig, "test"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (StartupException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path kubeconfig(Path file, URI server) throws IOException {
        return Files.writeString(file, """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "SERVER", insecure-skip-tls-verify: true}}]
                users: [{name: u, user: {token: TOKEN}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.replace("SERVER", server.toString()).replace("TOKEN", TOKEN));
    }

    URI address() {
        return URI.create("https://127.0.0.1:" + port);
    }

    /// A client that may do everything, on a way where nothing goes wrong.
    public KubernetesClient admin() {
        return admin;
    }

    /// A kubeconfig that leads to an address, such as that of a proxy, with all permissions.
    Path kubeconfig(URI address) {
        try {
            return kubeconfig(Files.createTempFile(folder, "way", ".kubeconfig"), address);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The key that signs service account tokens.
    public Path serviceAccountKey() {
        return folder.resolve("sa.key");
    }

    @Override
    public void close() throws IOException {
        admin.close();
        try {
            server.close();
        } catch (Exception e) {
            throw new IOException("the API server does not end", e);
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /// Lends each test a server that no other test uses at the time; earlier ones may have left objects
    /// there.
    public static final class Lent implements ParameterResolver {
        private static final ExtensionContext.Namespace HERE = ExtensionContext.Namespace.create(Lent.class);

        /// The servers of this JVM.
        private static final class Pool implements AutoCloseable {
            private final Queue<InProcessApiServer> idle = new ConcurrentLinkedQueue<>();

            @Override
            public void close() throws IOException {
                for (InProcessApiServer server : idle) {
                    server.close();
                }
            }
        }

        /// Gives the server back when the test is over.
        private record Loan(InProcessApiServer server, Pool pool) implements AutoCloseable {
            @Override
            public void close() {
                pool.idle.add(server);
            }
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == InProcessApiServer.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            Pool pool = context.getRoot().getStore(HERE).computeIfAbsent(Pool.class, _ -> new Pool(), Pool.class);
            InProcessApiServer idle = pool.idle.poll();
            InProcessApiServer server = idle == null ? start() : idle;
            context.getStore(HERE).put(Loan.class, new Loan(server, pool));
            return server;
        }
    }
}
