package io.jubernetes.controllermanager.serviceaccount;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;

/// Signs the tokens of service accounts that live in secrets: without an end, valid while secret and account exist.
final class TokenSigner {
    private final JWSSigner signer;
    private final JWSAlgorithm algorithm;

    private TokenSigner(JWSSigner signer, JWSAlgorithm algorithm) {
        this.signer = signer;
        this.algorithm = algorithm;
    }

    /// @throws IOException when the file holds no RSA or EC key
    static TokenSigner of(Path keyFile) throws IOException {
        PrivateKey key = Pem.privateKey(keyFile);
        try {
            return switch (key) {
                case RSAPrivateKey rsa -> new TokenSigner(new RSASSASigner(rsa), JWSAlgorithm.RS256);
                case ECPrivateKey ec -> {
                    var signer = new ECDSASigner(ec);
                    yield new TokenSigner(signer, signer.supportedECDSAAlgorithm());
                }
                default -> throw new IOException("neither an RSA nor an EC key");
            };
        } catch (JOSEException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    String sign(ServiceAccount account, Secret secret) {
        String namespace = account.getMetadata().getNamespace();
        String name = account.getMetadata().getName();
        var claims = new JWTClaimsSet.Builder()
                .issuer("kubernetes/serviceaccount")
                .subject("system:serviceaccount:" + namespace + ":" + name)
                .claim("kubernetes.io/serviceaccount/namespace", namespace)
                .claim(
                        "kubernetes.io/serviceaccount/secret.name",
                        secret.getMetadata().getName())
                .claim("kubernetes.io/serviceaccount/service-account.name", name)
                .claim(
                        "kubernetes.io/serviceaccount/service-account.uid",
                        account.getMetadata().getUid())
                .build();
        var token = new SignedJWT(new JWSHeader(algorithm), claims);
        try {
            token.sign(signer);
        } catch (JOSEException e) {
            throw new IllegalStateException("cannot sign a token", e);
        }
        return token.serialize();
    }
}
