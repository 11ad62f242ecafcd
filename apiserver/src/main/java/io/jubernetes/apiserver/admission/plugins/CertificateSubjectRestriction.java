package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.request.UserInfo;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/// Nobody becomes a member of `system:masters` by a client certificate that the cluster signs.
public final class CertificateSubjectRestriction implements AdmissionPlugin {
    private static final String SIGNER = "kubernetes.io/kube-apiserver-client";

    @Override
    public String name() {
        return "CertificateSubjectRestriction";
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (!request.isNew("certificates.k8s.io", "certificatesigningrequests")) {
            return;
        }
        JsonNode spec = Objects.requireNonNull(request.object()).path("spec");
        if (!spec.path("signerName").asText("").equals(SIGNER)) {
            return;
        }
        if (namesMasters(request, spec.path("request").asText(""))) {
            throw request.forbidden(
                    "use of " + SIGNER + " signer with " + UserInfo.MASTERS_GROUP + " group is not allowed");
        }
    }

    private static boolean namesMasters(AdmissionRequest request, String base64) {
        try {
            String pem = new String(Base64.getMimeDecoder().decode(base64), StandardCharsets.US_ASCII);
            if (new PEMParser(new StringReader(pem)).readObject() instanceof PKCS10CertificationRequest csr) {
                return namesMasters(csr.getSubject());
            }
        } catch (IOException | IllegalArgumentException e) {
            throw request.forbidden("failed to parse CSR: " + e.getMessage());
        }
        throw request.forbidden("failed to parse CSR: PEM block type must be CERTIFICATE REQUEST");
    }

    private static boolean namesMasters(X500Name subject) {
        for (RDN part : subject.getRDNs(BCStyle.O)) {
            for (var each : part.getTypesAndValues()) {
                if (each.getType().equals(BCStyle.O)
                        && each.getValue() instanceof ASN1String text
                        && text.getString().equals(UserInfo.MASTERS_GROUP)) {
                    return true;
                }
            }
        }
        return false;
    }
}
