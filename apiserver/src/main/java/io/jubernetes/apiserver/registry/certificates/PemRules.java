package io.jubernetes.apiserver.registry.certificates;

import io.jubernetes.apiserver.validation.Field;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.jspecify.annotations.Nullable;

/// Certificate requests and certificates within objects: PEM, and what it holds.
final class PemRules {
    private PemRules() {}

    /// Reports a request that is no signed PKCS #10 request.
    static void checkRequest(Field request) {
        String problem = requestProblem(request.text());
        if (!problem.isEmpty()) {
            request.invalid(problem);
        }
    }

    private static String requestProblem(String base64) {
        try {
            PemObject block = next(text(base64));
            if (block == null || !block.getType().equals("CERTIFICATE REQUEST")) {
                return "PEM block type must be CERTIFICATE REQUEST";
            }
            var request = new PKCS10CertificationRequest(block.getContent());
            boolean signed = request.isSignatureValid(
                    new JcaContentVerifierProviderBuilder().build(request.getSubjectPublicKeyInfo()));
            return signed ? "" : "x509: invalid signature";
        } catch (IOException | OperatorCreationException | PKCSException | IllegalArgumentException e) {
            return "x509: malformed certificate request";
        }
    }

    /// Reports an issued certificate that is not a chain of PEM certificates; the message does not show it.
    static void checkCertificate(Field certificate) {
        String problem = certificateProblem(certificate.text());
        if (!problem.isEmpty()) {
            certificate.invalid("<certificate data>", problem);
        }
    }

    private static String certificateProblem(String base64) {
        String none = "must contain at least one CERTIFICATE PEM block";
        try (var reader = new PemReader(new StringReader(text(base64)))) {
            int found = 0;
            for (PemObject block = reader.readPemObject(); block != null; block = reader.readPemObject()) {
                if (!block.getType().equals("CERTIFICATE")) {
                    return "only CERTIFICATE PEM blocks are allowed, found \"" + block.getType() + "\"";
                }
                if (!block.getHeaders().isEmpty()) {
                    return "no PEM block headers are permitted";
                }
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(block.getContent()));
                found++;
            }
            return found == 0 ? none : "";
        } catch (IOException | IllegalArgumentException e) {
            return none;
        } catch (CertificateException e) {
            return "x509: malformed certificate";
        }
    }

    private static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    private static @Nullable PemObject next(String text) throws IOException {
        try (var reader = new PemReader(new StringReader(text))) {
            return reader.readPemObject();
        }
    }
}
