package io.jubernetes.kubelet.runtime.docker;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where a Docker Engine listens.
///
/// @param uri `unix:///path` or `tcp://host:port`
public record DockerEndpoint(URI uri) {
    private static final String DEFAULT = "unix:///var/run/docker.sock";

    public DockerEndpoint {
        boolean known = "unix".equals(uri.getScheme()) && uri.getPath() != null
                || "tcp".equals(uri.getScheme()) && uri.getHost() != null && uri.getPort() > 0;
        if (!known) {
            throw new IllegalArgumentException(uri + " is neither unix:///path nor tcp://host:port");
        }
    }

    /// The endpoint of a flag, else of `DOCKER_HOST`, else Docker's usual socket.
    ///
    /// @throws IllegalArgumentException when it is of an unknown form
    public static DockerEndpoint of(@Nullable String flag, Map<String, String> environment) {
        String text = flag == null || flag.isEmpty() ? environment.getOrDefault("DOCKER_HOST", DEFAULT) : flag;
        return new DockerEndpoint(URI.create(text.startsWith("/") ? "unix://" + text : text));
    }

    SocketAddress address() {
        return "unix".equals(uri.getScheme())
                ? UnixDomainSocketAddress.of(Path.of(uri.getPath()))
                : new InetSocketAddress(uri.getHost(), uri.getPort());
    }

    @Override
    public String toString() {
        return uri.toString();
    }
}
