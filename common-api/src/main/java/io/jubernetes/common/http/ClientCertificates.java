package io.jubernetes.common.http;

import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.SslInfo;

/// Verifies the client certificate of a request against trusted authorities and reads user and groups from its
/// subject: the common name is the user, each organization a group. Thread-safe.
public final class ClientCertificates {
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    private static final String ANY_USAGE = "2.5.29.37.0";

    private final KeyStore trusted;

    /// Who a certificate speaks for.
    public record Subject(String commonName, List<String> organizations) {}

    /// @param authorities certificates of the authorities whose signature counts
    public ClientCertificates(List<X509Certificate> authorities) {
        try {
            trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                trusted.setCertificateEntry("ca-" + i, authorities.get(i));
            }
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new IllegalArgumentException("unusable client CA", e);
        }
    }

    /// The certificate the request came with, verified by nobody yet; null when there is none.
    public static X509Certificate @Nullable [] presented(ServerHttpRequest request) {
        SslInfo ssl = request.getSslInfo();
        X509Certificate[] chain = ssl == null ? null : ssl.getPeerCertificates();
        return chain == null || chain.length == 0 ? null : chain;
    }

    /// The subject of a chain that leads to a trusted authority and is meant for clients; empty when it does not.
    public Optional<Subject> verify(X509Certificate[] chain) {
        try {
            if (trusted.size() == 0) {
                return Optional.empty();
            }
            List<String> usages = chain[0].getExtendedKeyUsage();
            if (usages == null || (!usages.contains(CLIENT_AUTH) && !usages.contains(ANY_USAGE))) {
                return Optional.empty();
            }
            var target = new X509CertSelector();
            target.setCertificate(chain[0]);
            var parameters = new PKIXBuilderParameters(trusted, target);
            parameters.setRevocationEnabled(false);
            parameters.addCertStore(
                    CertStore.getInstance("Collection", new CollectionCertStoreParameters(Arrays.asList(chain))));
            var _ = CertPathBuilder.getInstance("PKIX").build(parameters);
            return Optional.of(subject(chain[0]));
        } catch (GeneralSecurityException | InvalidNameException e) {
            return Optional.empty();
        }
    }

    private static Subject subject(X509Certificate certificate) throws InvalidNameException {
        var name = new LdapName(certificate.getSubjectX500Principal().getName());
        String commonName = "";
        var organizations = new java.util.ArrayList<String>();
        for (Rdn rdn : name.getRdns()) {
            var attributes = rdn.toAttributes().getAll();
            while (attributes.hasMoreElements()) {
                var attribute = attributes.nextElement();
                String value = rdnValue(attribute);
                if (attribute.getID().equalsIgnoreCase("CN")) {
                    commonName = value;
                } else if (attribute.getID().equalsIgnoreCase("O")) {
                    organizations.add(value);
                }
            }
        }
        return new Subject(commonName, List.copyOf(organizations));
    }

    private static String rdnValue(javax.naming.directory.Attribute attribute) {
        try {
            Object value = attribute.get();
            return value instanceof byte[] bytes
                    ? new String(bytes, java.nio.charset.StandardCharsets.UTF_8)
                    : String.valueOf(value);
        } catch (javax.naming.NamingException e) {
            return "";
        }
    }
}
