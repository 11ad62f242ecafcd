package io.jubernetes.common.http;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.CertificateRequest;
import io.jubernetes.common.pki.Pem;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// A server's key and certificate chain. Client certificates are asked for but not demanded, and any is taken at the
/// handshake: whoever authenticates the request verifies it, so that a stranger gets an HTTP 401 that says so and not
/// a broken connection.
public final class ServerTls {
    private final PrivateKey key;
    private final List<X509Certificate> chain;

    private ServerTls(PrivateKey key, List<X509Certificate> chain) {
        this.key = key;
        this.chain = List.copyOf(chain);
    }

    /// Reads the two files given by flags, or when both are absent uses a self-signed pair kept in `directory`.
    ///
    /// @param certificate `--tls-cert-file`
    /// @param key `--tls-private-key-file`
    /// @param directory where a self-signed pair is kept between starts; null for one that lives only in memory
    /// @throws StartupException when a file cannot be used; the message names flag and file
    public static ServerTls of(
            @Nullable Path certificate, @Nullable Path key, @Nullable Path directory, String name, List<String> ips)
            throws StartupException {
        if ((certificate == null) != (key == null)) {
            throw new StartupException("--tls-cert-file and --tls-private-key-file go together; give both or neither");
        }
        try {
            if (certificate != null && key != null) {
                return new ServerTls(Pem.privateKey(key), Pem.certificates(certificate));
            }
            if (directory == null) {
                return selfSigned(name, ips);
            }
            Path ownCertificate = directory.resolve(name + ".crt");
            Path ownKey = directory.resolve(name + ".key");
            if (!Files.exists(ownCertificate) || !Files.exists(ownKey)) {
                ServerTls fresh = selfSigned(name, ips);
                Pem.writeSecret(ownKey, Pem.text(fresh.key));
                Pem.writePublic(ownCertificate, Pem.text(fresh.chain.toArray()));
            }
            return new ServerTls(Pem.privateKey(ownKey), Pem.certificates(ownCertificate));
        } catch (IOException e) {
            throw new StartupException(
                    "cannot use the serving certificate: " + e.getMessage()
                            + "; check --tls-cert-file and --tls-private-key-file",
                    e);
        }
    }

    private static ServerTls selfSigned(String name, List<String> ips) {
        var authority = CertificateAuthority.create(name + "-ca", Clock.systemUTC());
        KeyPair pair = CertificateAuthority.newKeyPair();
        X509Certificate own =
                authority.issue(CertificateRequest.server(name, List.of(name, "localhost"), ips), pair.getPublic());
        return new ServerTls(pair.getPrivate(), List.of(own, authority.certificate()));
    }

    /// The server's side of TLS: by BoringSSL where its native library can be loaded, else by the JDK. The JDK's
    /// ciphers are fast only once the optimizing compiler has seen them, which a small JVM leaves out.
    SslContext context() throws SSLException {
        return SslContextBuilder.forServer(key, chain.toArray(X509Certificate[]::new))
                .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2")
                .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .clientAuth(ClientAuth.OPTIONAL)
                .trustManager(new AcceptForNow())
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1))
                .build();
    }

    /// Takes every client certificate; proof of possession of its key is checked by TLS, who signed it by the
    /// authenticator.
    private static final class AcceptForNow extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            throw new UnsupportedOperationException("a server's trust manager");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            throw new UnsupportedOperationException("a server's trust manager");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            throw new UnsupportedOperationException("a server's trust manager");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
