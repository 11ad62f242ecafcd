package io.jubernetes.apiserver.webhook;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Serial;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/// Trusts servers that a certificate authority has vouched for under one name, whatever address they
/// were reached at: services are called by their address but known by their name.
public final class NamedTrust extends X509ExtendedTrustManager {
    private static final int DNS = 2;
    private static final int ADDRESS = 7;

    private final X509TrustManager authorities;
    private final String name;

    private NamedTrust(X509TrustManager authorities, String name) {
        this.authorities = authorities;
        this.name = name.toLowerCase(Locale.ROOT);
    }

    /// The trust by itself.
    ///
    /// @param bundle certificates in PEM; empty for the authorities this machine trusts
    /// @throws GeneralSecurityException when the bundle holds no certificates
    public static X509ExtendedTrustManager of(byte[] bundle, String name) throws GeneralSecurityException, IOException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(bundle.length == 0 ? null : keyStore(bundle));
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager authorities) {
                return new NamedTrust(authorities, name);
            }
        }
        throw new GeneralSecurityException("the JVM offers no X.509 trust");
    }

    /// @param bundle certificates in PEM; empty for the authorities this machine trusts
    static SSLContext context(byte[] bundle, String name) throws GeneralSecurityException, IOException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {of(bundle, name)}, null);
        return context;
    }

    private static KeyStore keyStore(byte[] bundle) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        Collection<? extends Certificate> certificates =
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bundle));
        int index = 0;
        for (Certificate certificate : certificates) {
            store.setCertificateEntry("ca" + index++, certificate);
        }
        return store;
    }

    private void check(X509Certificate[] chain, String authType) throws CertificateException {
        authorities.checkServerTrusted(chain, authType);
        Collection<List<?>> names = chain[0].getSubjectAlternativeNames();
        if (names != null) {
            for (List<?> entry : names) {
                boolean kind = entry.get(0).equals(DNS) || entry.get(0).equals(ADDRESS);
                if (kind && matches(String.valueOf(entry.get(1)).toLowerCase(Locale.ROOT))) {
                    return;
                }
            }
        }
        throw new WrongName(names, name);
    }

    /// A certificate of a trusted authority, but for another server.
    static final class WrongName extends CertificateException {
        @Serial
        private static final long serialVersionUID = 1L;

        WrongName(@Nullable Collection<List<?>> names, String wanted) {
            super(
                    names == null || names.isEmpty()
                            ? "certificate is not valid for any names, but wanted to match " + wanted
                            : "certificate is valid for "
                                    + names.stream()
                                            .map(name -> String.valueOf(name.get(1)))
                                            .collect(Collectors.joining(", "))
                                    + ", not " + wanted);
        }
    }

    private boolean matches(String pattern) {
        if (pattern.startsWith("*.")) {
            int dot = name.indexOf('.');
            return dot > 0 && name.substring(dot).equals(pattern.substring(1));
        }
        return pattern.equals(name);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
            throws CertificateException {
        check(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
            throws CertificateException {
        check(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
            throws CertificateException {
        throw new CertificateException("there are no clients here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("there are no clients here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("there are no clients here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.getAcceptedIssuers();
    }
}
