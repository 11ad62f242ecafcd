package io.jubernetes.kubelet.rpc;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/// How to talk to a service in private.
///
/// @param authorities who may vouch for the service; none for those of the JDK
/// @param certificate a PEM file with the client's own certificate, which goes with `key`
public record RpcTls(List<X509Certificate> authorities, Optional<Path> certificate, Optional<Path> key) {
    public RpcTls {
        authorities = List.copyOf(authorities);
    }

    /// @throws IOException when the files hold no certificate and key
    SslContext context() throws IOException {
        try {
            var builder = GrpcSslContexts.forClient();
            if (!authorities.isEmpty()) {
                builder.trustManager(authorities);
            }
            if (certificate.isPresent() && key.isPresent()) {
                builder.keyManager(certificate.get().toFile(), key.get().toFile());
            }
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot use " + certificate.orElse(null) + ": " + e.getMessage(), e);
        }
    }
}
