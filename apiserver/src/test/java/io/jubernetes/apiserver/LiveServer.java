package io.jubernetes.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.CertificateRequest;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// Requests of several users to a server of a test, and other servers beside it.
final class LiveServer implements AutoCloseable {
    /// A member of `system:masters`.
    static final String ADMIN = "secret";
    /// A user `jane` in the group `people` without any permission.
    static final String JANE = "other";

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final RunningApiServer server;

    private LiveServer(RunningApiServer server) {
        this.server = server;
    }

    /// @param folder keeps the data; a second server on it finds what the first has stored
    static LiveServer start(Path folder, String... flags)
            throws IOException, StartupException, GeneralSecurityException {
        return new LiveServer(RunningApiServer.start(folder, flags));
    }

    /// @param token null for none
    /// @param headers names and values in turn
    HttpResponse<String> send(
            @Nullable String token, String method, String path, @Nullable String body, String... headers)
            throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(server.address() + path)).timeout(PATIENCE);
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (body == null) {
            request.method(method, HttpRequest.BodyPublishers.noBody());
        } else {
            if (List.of(headers).indexOf("Content-Type") < 0) {
                request.header("Content-Type", "application/yaml");
            }
            request.method(method, HttpRequest.BodyPublishers.ofString(body));
        }
        return server.client().send(request.build(), BodyHandlers.ofString());
    }

    /// What the administrator gets at a path.
    JsonNode get(String path, String... headers) throws IOException, InterruptedException {
        return Json.parse(send(ADMIN, "GET", path, null, headers).body());
    }

    /// Has the administrator create an object that is written as YAML.
    void create(String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> answer = send(ADMIN, "POST", path, body);
        if (answer.statusCode() != 201) {
            throw new AssertionError(answer.body());
        }
    }

    /// Another server over TLS on this machine, whose certificate an authority has signed for a name.
    static HttpsServer other(CertificateAuthority authority, String name, HttpHandler handler)
            throws IOException, GeneralSecurityException {
        KeyPair keys = CertificateAuthority.newKeyPair();
        X509Certificate certificate =
                authority.issue(CertificateRequest.server(name, List.of(name), List.of("127.0.0.1")), keys.getPublic());
        SSLContext tls = tls(keys, certificate);
        HttpsServer other = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        other.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                var settings = tls.getDefaultSSLParameters();
                settings.setWantClientAuth(true);
                parameters.setSSLParameters(settings);
            }
        });
        other.createContext("/", handler);
        other.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        other.start();
        return other;
    }

    /// Who the server takes a client for that presents a certificate and no token.
    ///
    /// @param headers names and values in turn
    HttpResponse<String> whoIs(CertificateAuthority authority, String commonName, String... headers)
            throws IOException, InterruptedException, GeneralSecurityException {
        KeyPair keys = CertificateAuthority.newKeyPair();
        X509Certificate certificate = authority.issue(CertificateRequest.client(commonName), keys.getPublic());
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(tls(keys, certificate)).build()) {
            var request = HttpRequest.newBuilder(
                            URI.create(server.address() + "/apis/authentication.k8s.io/v1/selfsubjectreviews"))
                    .timeout(PATIENCE)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{}"));
            if (headers.length > 0) {
                request.headers(headers);
            }
            return client.send(request.build(), BodyHandlers.ofString());
        }
    }

    /// What one end of a connection proves itself with; it trusts everybody.
    private static SSLContext tls(KeyPair keys, X509Certificate certificate)
            throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        char[] none = new char[0];
        store.setKeyEntry("key", keys.getPrivate(), none, new X509Certificate[] {certificate});
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, none);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(factory.getKeyManagers(), InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        return tls;
    }

    @Override
    public void close() {
        server.close();
    }
}
