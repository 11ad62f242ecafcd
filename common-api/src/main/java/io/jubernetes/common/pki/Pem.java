package io.jubernetes.common.pki;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.util.io.pem.PemObject;
import org.jspecify.annotations.Nullable;

/// PEM text and files. Reads PKCS#1, SEC 1 and PKCS#8 private keys; writes SEC 1 for EC keys, as Kubernetes clients
/// expect.
public final class Pem {
    private Pem() {}

    /// All certificates of a PEM text, in its order; other blocks are passed over.
    ///
    /// @throws IOException when a block is damaged
    public static List<X509Certificate> certificates(String pem) throws IOException {
        var result = new ArrayList<X509Certificate>();
        for (Object block : blocks(pem)) {
            if (block instanceof X509CertificateHolder holder) {
                try {
                    result.add(new JcaX509CertificateConverter().getCertificate(holder));
                } catch (GeneralSecurityException e) {
                    throw new IOException("not a valid certificate", e);
                }
            }
        }
        return result;
    }

    /// All certificates of a file.
    ///
    /// @throws IOException when it cannot be read or holds no certificate; the message names the file
    public static List<X509Certificate> certificates(Path file) throws IOException {
        List<X509Certificate> result = certificates(read(file));
        if (result.isEmpty()) {
            throw new IOException(file + " holds no PEM certificate");
        }
        return result;
    }

    /// The first private key of a PEM text.
    ///
    /// @throws IOException when there is none or it is encrypted or damaged
    public static PrivateKey privateKey(String pem) throws IOException {
        for (Object block : blocks(pem)) {
            PrivateKeyInfo info = switch (block) {
                case PEMKeyPair pair -> pair.getPrivateKeyInfo();
                case PrivateKeyInfo plain -> plain;
                default -> null;
            };
            if (info != null) {
                return new JcaPEMKeyConverter().getPrivateKey(info);
            }
        }
        throw new IOException("no PEM private key");
    }

    public static PrivateKey privateKey(Path file) throws IOException {
        try {
            return privateKey(read(file));
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /// All public keys of a PEM text: of bare public keys, of private keys and of certificates.
    public static List<PublicKey> publicKeys(String pem) throws IOException {
        var converter = new JcaPEMKeyConverter();
        var result = new ArrayList<PublicKey>();
        for (Object block : blocks(pem)) {
            SubjectPublicKeyInfo info = switch (block) {
                case SubjectPublicKeyInfo bare -> bare;
                case PEMKeyPair pair -> pair.getPublicKeyInfo();
                case X509CertificateHolder certificate -> certificate.getSubjectPublicKeyInfo();
                default -> null;
            };
            if (info != null) {
                result.add(converter.getPublicKey(info));
            }
        }
        return result;
    }

    /// The first certificate signing request of a PEM text.
    public static PKCS10CertificationRequest signingRequest(String pem) throws IOException {
        for (Object block : blocks(pem)) {
            if (block instanceof PKCS10CertificationRequest request) {
                return request;
            }
        }
        throw new IOException("no PEM certificate request");
    }

    /// PEM text of keys, certificates or requests, one block after the other.
    public static String text(Object... values) {
        var out = new StringWriter();
        try (var writer = new JcaPEMWriter(out)) {
            for (Object value : values) {
                writer.writeObject(value instanceof ECPrivateKey key ? sec1(key) : value);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be written as PEM", e);
        }
        return out.toString();
    }

    /// SEC 1 with the curve's name inside, without which nobody could read the key again, and the public key, which
    /// other programs expect of a key pair.
    private static PemObject sec1(ECPrivateKey key) throws IOException {
        var info = PrivateKeyInfo.getInstance(key.getEncoded());
        ASN1Encodable curve = info.getPrivateKeyAlgorithm().getParameters();
        X9ECParameters domain = CustomNamedCurves.getByOID(ASN1ObjectIdentifier.getInstance(curve));
        byte[] publicPoint = new FixedPointCombMultiplier()
                .multiply(domain.getG(), key.getS())
                .normalize()
                .getEncoded(false);
        var structure = new org.bouncycastle.asn1.sec.ECPrivateKey(
                key.getParams().getOrder().bitLength(), key.getS(), new DERBitString(publicPoint), curve);
        return new PemObject("EC PRIVATE KEY", structure.getEncoded());
    }

    /// Writes a file that only its owner can read, in one step: readers see the old content or the new.
    public static void writeSecret(Path file, String content) throws IOException {
        write(file, content, "rw-------");
    }

    /// Writes a file that everybody can read, in one step.
    public static void writePublic(Path file, String content) throws IOException {
        write(file, content, "rw-r--r--");
    }

    private static void write(Path file, String content, String mode) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        Path fresh = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid() + ".new");
        try {
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)));
            Files.writeString(fresh, content, StandardCharsets.UTF_8, StandardOpenOption.WRITE);
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(mode));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileAlreadyExistsException e) {
            throw new IOException("another process writes " + file, e);
        }
    }

    private static String read(Path file) throws IOException {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new IOException("cannot read " + file + ": " + reason(e), e);
        }
    }

    private static @Nullable String reason(IOException e) {
        return switch (e) {
            case java.nio.file.NoSuchFileException _ -> "no such file";
            case java.nio.file.AccessDeniedException _ -> "permission denied";
            case java.nio.charset.CharacterCodingException _ -> "not a PEM file";
            default -> e.getMessage();
        };
    }

    private static List<Object> blocks(String pem) throws IOException {
        var result = new ArrayList<Object>();
        try (var parser = new PEMParser(new StringReader(pem))) {
            for (Object block = parser.readObject(); block != null; block = parser.readObject()) {
                result.add(block);
            }
        } catch (RuntimeException e) {
            throw new IOException("damaged PEM block", e);
        }
        return result;
    }
}
