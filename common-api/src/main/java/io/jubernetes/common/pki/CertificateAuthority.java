package io.jubernetes.common.pki;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Signs certificates. Immutable and thread-safe.
public final class CertificateAuthority {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration CA_VALIDITY = Duration.ofDays(3650);
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

    private final X509Certificate certificate;
    private final PrivateKey key;
    private final Clock clock;

    public CertificateAuthority(X509Certificate certificate, PrivateKey key, Clock clock) {
        this.certificate = certificate;
        this.key = key;
        this.clock = clock;
    }

    /// A fresh P-256 key pair.
    public static KeyPair newKeyPair() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JVM offers no P-256 keys", e);
        }
    }

    /// A new self-signed authority, valid for ten years.
    public static CertificateAuthority create(String commonName, Clock clock) {
        KeyPair pair = newKeyPair();
        Instant now = clock.instant();
        var name = new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
        try {
            var builder = new JcaX509v3CertificateBuilder(
                    name,
                    serial(),
                    Date.from(now.minus(CLOCK_SKEW)),
                    Date.from(now.plus(CA_VALIDITY)),
                    name,
                    pair.getPublic());
            var tools = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment | KeyUsage.keyCertSign));
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, tools.createSubjectKeyIdentifier(pair.getPublic()));
            builder.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(new GeneralName(GeneralName.dNSName, commonName)));
            return new CertificateAuthority(sign(builder, pair.getPrivate()), pair.getPrivate(), clock);
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("cannot create a certificate authority", e);
        }
    }

    /// Reads the authority from its files, or creates it and writes them when neither exists.
    ///
    /// @throws IOException when a file is unreadable, damaged, or only one of them exists
    public static CertificateAuthority loadOrCreate(Path certificateFile, Path keyFile, String commonName, Clock clock)
            throws IOException {
        if (!Files.exists(certificateFile) && !Files.exists(keyFile)) {
            CertificateAuthority fresh = create(commonName, clock);
            Pem.writeSecret(keyFile, Pem.text(fresh.key));
            Pem.writePublic(certificateFile, fresh.pem());
            return fresh;
        }
        return load(certificateFile, keyFile, clock);
    }

    public static CertificateAuthority load(Path certificateFile, Path keyFile, Clock clock) throws IOException {
        return new CertificateAuthority(Pem.certificates(certificateFile).getFirst(), Pem.privateKey(keyFile), clock);
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /// The authority's certificate as PEM text.
    public String pem() {
        return Pem.text(certificate);
    }

    /// Signs a certificate for `publicKey`. It never outlives the authority.
    public X509Certificate issue(CertificateRequest request, PublicKey publicKey) {
        var subject = new X500NameBuilder();
        request.organizations().forEach(group -> subject.addRDN(BCStyle.O, group));
        subject.addRDN(BCStyle.CN, request.commonName());
        return issue(subject.build(), request, publicKey);
    }

    /// Signs a certificate with the subject as given; the request's common name and organizations are not looked at.
    public X509Certificate issue(X500Name subject, CertificateRequest request, PublicKey publicKey) {
        Instant now = clock.instant();
        Instant end = now.plus(request.validity());
        Instant authorityEnd = certificate.getNotAfter().toInstant();
        try {
            var builder = new JcaX509v3CertificateBuilder(
                    X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
                    serial(),
                    Date.from(now.minus(CLOCK_SKEW)),
                    Date.from(end.isAfter(authorityEnd) ? authorityEnd : end),
                    subject,
                    publicKey);
            var tools = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(
                    Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
            builder.addExtension(
                    Extension.authorityKeyIdentifier, false, tools.createAuthorityKeyIdentifier(certificate));
            var purposes = new ArrayList<KeyPurposeId>();
            if (request.server()) {
                purposes.add(KeyPurposeId.id_kp_serverAuth);
            }
            if (request.client()) {
                purposes.add(KeyPurposeId.id_kp_clientAuth);
            }
            if (!purposes.isEmpty()) {
                builder.addExtension(
                        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes.toArray(KeyPurposeId[]::new)));
            }
            List<GeneralName> names = new ArrayList<>();
            request.dnsNames().forEach(name -> names.add(new GeneralName(GeneralName.dNSName, name)));
            request.ipAddresses().forEach(ip -> names.add(new GeneralName(GeneralName.iPAddress, ip)));
            if (!names.isEmpty()) {
                builder.addExtension(
                        Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
            }
            return sign(builder, key);
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("cannot sign a certificate", e);
        }
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
            throws OperatorCreationException, GeneralSecurityException {
        String algorithm = key.getAlgorithm().startsWith("EC") ? "SHA256withECDSA" : "SHA256withRSA";
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).build(key)));
    }

    private static BigInteger serial() {
        return new BigInteger(127, RANDOM).setBit(126);
    }
}
