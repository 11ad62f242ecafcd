package io.jubernetes.controllermanager.csr;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/// What a signing request asks for, its own signature checked.
///
/// @param otherNames whether it names anything but hosts and addresses
record ParsedRequest(
        X500Name subject,
        String commonName,
        List<String> organizations,
        List<String> dnsNames,
        List<String> ipAddresses,
        boolean otherNames,
        PublicKey publicKey) {

    /// @throws IOException when it is not a request, or not signed with its own key
    static ParsedRequest of(CertificateSigningRequest csr) throws IOException {
        String pem = new String(Base64.getDecoder().decode(csr.getSpec().getRequest()), StandardCharsets.UTF_8);
        PKCS10CertificationRequest request = Pem.signingRequest(pem);
        try {
            if (!request.isSignatureValid(
                    new JcaContentVerifierProviderBuilder().build(request.getSubjectPublicKeyInfo()))) {
                throw new IOException("the request is not signed with its own key");
            }
            var dns = new ArrayList<String>();
            var ips = new ArrayList<String>();
            boolean others = false;
            Extension extension = request.getRequestedExtensions() == null
                    ? null
                    : request.getRequestedExtensions().getExtension(Extension.subjectAlternativeName);
            if (extension != null) {
                for (GeneralName name :
                        GeneralNames.getInstance(extension.getParsedValue()).getNames()) {
                    switch (name.getTagNo()) {
                        case GeneralName.dNSName -> dns.add(IETFUtils.valueToString(name.getName()));
                        case GeneralName.iPAddress -> ips.add(address(name));
                        default -> others = true;
                    }
                }
            }
            List<String> names = values(request.getSubject(), true);
            return new ParsedRequest(
                    request.getSubject(),
                    names.isEmpty() ? "" : names.getFirst(),
                    values(request.getSubject(), false),
                    List.copyOf(dns),
                    List.copyOf(ips),
                    others,
                    new JcaPKCS10CertificationRequest(request).getPublicKey());
        } catch (OperatorCreationException | PKCSException | GeneralSecurityException e) {
            throw new IOException(String.valueOf(e.getMessage()), e);
        }
    }

    private static String address(GeneralName name) throws UnknownHostException {
        return InetAddress.getByAddress(
                        ASN1OctetString.getInstance(name.getName()).getOctets())
                .getHostAddress();
    }

    private static List<String> values(X500Name subject, boolean commonName) {
        RDN[] parts = subject.getRDNs(commonName ? BCStyle.CN : BCStyle.O);
        var values = new ArrayList<String>();
        for (RDN part : parts) {
            values.add(IETFUtils.valueToString(part.getFirst().getValue()));
        }
        return List.copyOf(values);
    }
}
