package io.jubernetes.apiserver.aggregation;

import io.jubernetes.apiserver.aggregation.ApiServices.Backend;
import io.jubernetes.apiserver.aggregation.ApiServices.Entry;
import io.jubernetes.apiserver.webhook.NamedTrust;
import io.jubernetes.common.pki.Pem;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/// Asks other API servers on this server's own behalf, and knows how all of them are connected to: with the certificate
/// of the front proxy, by which they believe whom requests are from. Thread-safe.
public final class BackendClient {
    private static final int MAX_ANSWER = 32 << 20;
    private static final int MAX_CLIENTS = 256;

    private final Routes routes;
    private final KeyManager @Nullable [] identity;
    private final Map<String, Connector> connectors = new ConcurrentHashMap<>();

    private record Connector(SSLContext tls, HttpClient client) {}

    private BackendClient(Routes routes, KeyManager @Nullable [] identity) {
        this.routes = routes;
        this.identity = identity;
    }

    /// @param certificate the front proxy's, null when there is none: then servers treat requests as anonymous ones
    /// @throws IOException when the certificate or key cannot be used
    public static BackendClient open(Routes routes, @Nullable Path certificate, @Nullable Path key) throws IOException {
        if (certificate == null || key == null) {
            return new BackendClient(routes, null);
        }
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            char[] none = new char[0];
            store.setKeyEntry(
                    "front-proxy",
                    Pem.privateKey(key),
                    none,
                    Pem.certificates(certificate).toArray(X509Certificate[]::new));
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, none);
            return new BackendClient(routes, factory.getKeyManagers());
        } catch (GeneralSecurityException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /// Where a server is reached.
    ///
    /// @throws IOException when nowhere
    public URI address(Backend backend) throws IOException {
        return URI.create("https://" + routes.find(backend));
    }

    /// The name a server's certificate is for.
    public static String serverName(Backend backend) {
        return backend.service() + "." + backend.namespace() + ".svc";
    }

    /// How a server is connected to.
    ///
    /// @throws IOException when its CA bundle cannot be read
    public SSLContext tls(Backend backend) throws IOException {
        return connector(backend).tls();
    }

    private Connector connector(Backend backend) throws IOException {
        String key = backend.insecure() + " " + serverName(backend) + " " + backend.caBundle();
        Connector known = connectors.get(key);
        if (known != null) {
            return known;
        }
        try {
            TrustManager[] trust = backend.insecure()
                    ? InsecureTrustManagerFactory.INSTANCE.getTrustManagers()
                    : new TrustManager[] {
                        NamedTrust.of(Base64.getDecoder().decode(backend.caBundle()), serverName(backend))
                    };
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(identity, trust, null);
            HttpClient client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .sslContext(tls)
                    .build();
            if (connectors.size() >= MAX_CLIENTS) {
                connectors.clear();
            }
            Connector made = new Connector(tls, client);
            connectors.put(key, made);
            return made;
        } catch (GeneralSecurityException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /// Asks a server something as a member of `system:masters`.
    HttpResponse<byte[]> get(Entry entry, String path, String accept, Duration timeout) throws IOException {
        Backend backend = Objects.requireNonNull(entry.backend());
        HttpClient client = connector(backend).client();
        HttpRequest request = HttpRequest.newBuilder(address(backend).resolve(path))
                .timeout(timeout)
                .header("Accept", accept)
                .header("X-Remote-User", "system:kube-aggregator")
                .header("X-Remote-Group", "system:masters")
                .GET()
                .build();
        try {
            return client.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new IOException("Get \"" + request.uri() + "\": " + why, e);
        }
    }
}
