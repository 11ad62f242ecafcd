package io.jubernetes.apiserver.registry.core;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/// Whether a certificate and a private key in PEM can serve TLS together, as far as their forms tell.
final class TlsPair {
    private TlsPair() {}

    /// What is wrong with a pair; empty when nothing is.
    ///
    /// @param certificate PEM in base64
    /// @param key PEM in base64
    static Optional<String> problem(String certificate, String key) {
        List<PemObject> certificates = blocks(certificate);
        Optional<String> missing = missingCertificate(certificates);
        if (missing.isPresent()) {
            return missing;
        }
        List<PemObject> keys = blocks(key);
        if (keys.stream().noneMatch(TlsPair::isKey)) {
            if (keys.isEmpty()) {
                return Optional.of("tls: failed to find any PEM data in key input");
            }
            return Optional.of(
                    keys.getFirst().getType().equals("CERTIFICATE") && keys.size() == 1
                            ? "tls: found a certificate rather than a key in the PEM for the private key"
                            : "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after "
                                    + "skipping PEM blocks of the following types: " + types(keys));
        }
        try {
            PublicKey publicKey = CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(
                            first(certificates, "CERTIFICATE").getContent()))
                    .getPublicKey();
            return publicKey == null ? Optional.of("tls: unknown public key algorithm") : Optional.empty();
        } catch (CertificateException e) {
            return Optional.of("x509: malformed certificate");
        }
    }

    private static Optional<String> missingCertificate(List<PemObject> blocks) {
        if (blocks.stream().anyMatch(block -> block.getType().equals("CERTIFICATE"))) {
            return Optional.empty();
        }
        if (blocks.isEmpty()) {
            return Optional.of("tls: failed to find any PEM data in certificate input");
        }
        return Optional.of(
                blocks.size() == 1 && isKey(blocks.getFirst())
                        ? "tls: failed to find certificate PEM data in certificate input, but did find a private key; "
                                + "PEM inputs may have been switched"
                        : "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks "
                                + "of the following types: " + types(blocks));
    }

    private static boolean isKey(PemObject block) {
        return block.getType().equals("PRIVATE KEY") || block.getType().endsWith(" PRIVATE KEY");
    }

    private static PemObject first(List<PemObject> blocks, String type) {
        return blocks.stream()
                .filter(block -> block.getType().equals(type))
                .findFirst()
                .orElseThrow();
    }

    private static String types(List<PemObject> blocks) {
        return "[" + String.join(" ", blocks.stream().map(PemObject::getType).toList()) + "]";
    }

    private static List<PemObject> blocks(String base64) {
        List<PemObject> blocks = new ArrayList<>();
        String text = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        try (var reader = new PemReader(new StringReader(text))) {
            for (PemObject block = reader.readPemObject(); block != null; block = reader.readPemObject()) {
                blocks.add(block);
            }
        } catch (IOException | IllegalArgumentException e) {
            // What cannot be read ends the list, as a reader that stops there sees it.
            return blocks;
        }
        return blocks;
    }
}
