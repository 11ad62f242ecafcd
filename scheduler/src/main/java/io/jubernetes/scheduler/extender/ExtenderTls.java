package io.jubernetes.scheduler.extender;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// Makes the TLS side of an extender's `tlsConfig`: whom to trust, and who we are.
final class ExtenderTls {
    private ExtenderTls() {}

    static SSLContext context(JsonNode config) throws StartupException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(config), trust(config), new SecureRandom());
            return context;
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new StartupException("extenders[].tlsConfig: " + e.getMessage(), e);
        }
    }

    private static KeyManager @Nullable [] keys(JsonNode config) throws IOException, GeneralSecurityException {
        Optional<String> certificate = pem(config, "cert");
        Optional<String> key = pem(config, "key");
        if (certificate.isEmpty() || key.isEmpty()) {
            return null;
        }
        KeyStore store = emptyStore();
        Certificate[] chain = Pem.certificates(certificate.get()).toArray(Certificate[]::new);
        store.setKeyEntry("client", Pem.privateKey(key.get()), new char[0], chain);
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, new char[0]);
        return factory.getKeyManagers();
    }

    private static TrustManager @Nullable [] trust(JsonNode config) throws IOException, GeneralSecurityException {
        if (config.path("insecure").asBoolean()) {
            return new TrustManager[] {new TrustAll()};
        }
        Optional<String> authorities = pem(config, "ca");
        if (authorities.isEmpty()) {
            return null;
        }
        KeyStore store = emptyStore();
        int number = 0;
        for (X509Certificate authority : Pem.certificates(authorities.get())) {
            store.setCertificateEntry("ca-" + number++, authority);
        }
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    /// Inline data wins over a file.
    private static Optional<String> pem(JsonNode config, String what) throws IOException {
        String data = config.path(what + "Data").asText("");
        if (!data.isEmpty()) {
            return Optional.of(new String(Base64.getDecoder().decode(data), StandardCharsets.UTF_8));
        }
        String file = config.path(what + "File").asText("");
        return file.isEmpty() ? Optional.empty() : Optional.of(Files.readString(Path.of(file)));
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /// What `insecure: true` asks for.
    private static final class TrustAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
