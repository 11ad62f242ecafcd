package io.jubernetes.hyperkube.host;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Hands the keys that all control plane hosts share to one that joins: encrypted, in the Secret
/// `kube-system/jubernetes-certs`, for two hours. The key to them is shown to the administrator and kept
/// nowhere.
final class SharedKeys {
    static final Duration LIFETIME = Duration.ofHours(2);

    private static final String NAME = "jubernetes-certs";
    private static final String EXPIRES = "jubernetes.io/expires";
    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private SharedKeys() {}

    private static Map<String, Path> shared(HostFiles files, ClusterDescription cluster) {
        Map<String, Path> paths = new LinkedHashMap<>();
        for (String name :
                new String[] {"ca.crt", "ca.key", "front-proxy-ca.crt", "front-proxy-ca.key", "sa.key", "sa.pub"}) {
            paths.put(name, files.pki().resolve(name));
        }
        ClusterDescription.Etcd etcd = cluster.etcd();
        put(paths, "etcd-ca.crt", etcd.authority());
        put(paths, "etcd-client.crt", etcd.certificate());
        put(paths, "etcd-client.key", etcd.key());
        return paths;
    }

    private static void put(Map<String, Path> paths, String name, String path) {
        if (!path.isEmpty()) {
            paths.put(name, Path.of(path));
        }
    }

    /// Publishes this host's keys.
    ///
    /// @return the key to them, in hexadecimal digits
    static String publish(KubernetesClient client, HostFiles files, ClusterDescription cluster, Instant now)
            throws IOException {
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        Map<String, String> data = new LinkedHashMap<>();
        for (Map.Entry<String, Path> each : shared(files, cluster).entrySet()) {
            data.put(
                    each.getKey(),
                    Base64.getEncoder().encodeToString(encrypt(key, Files.readAllBytes(each.getValue()))));
        }
        Secret secret = new SecretBuilder()
                .withNewMetadata()
                .withNamespace(JoinToken.NAMESPACE)
                .withName(NAME)
                .addToAnnotations(
                        EXPIRES,
                        now.plus(LIFETIME).truncatedTo(ChronoUnit.SECONDS).toString())
                .endMetadata()
                .withData(data)
                .build();
        client.resource(secret).createOr(existing -> existing.update());
        return HexFormat.of().formatHex(key);
    }

    /// Writes the keys another host published; what is there already stays.
    ///
    /// @throws StartupException when there are none any more, or the key is not theirs
    static void fetch(
            KubernetesClient client, String certificateKey, HostFiles files, ClusterDescription cluster, Instant now)
            throws StartupException, IOException {
        Secret secret =
                client.secrets().inNamespace(JoinToken.NAMESPACE).withName(NAME).get();
        if (secret == null
                || !Instant.parse(secret.getMetadata().getAnnotations().get(EXPIRES))
                        .isAfter(now)) {
            throw new StartupException("--certificate-key: the shared keys are gone after " + LIFETIME.toHours()
                    + " hours; run ./jube cluster upload-certs on a control plane host");
        }
        byte[] key = key(certificateKey);
        for (Map.Entry<String, Path> each : shared(files, cluster).entrySet()) {
            String value = secret.getData().get(each.getKey());
            if (value != null && !Files.exists(each.getValue())) {
                String content = new String(decrypt(key, Base64.getDecoder().decode(value)), StandardCharsets.UTF_8);
                Files.createDirectories(each.getValue().getParent());
                if (each.getKey().endsWith(".key")) {
                    Pem.writeSecret(each.getValue(), content);
                } else {
                    Pem.writePublic(each.getValue(), content);
                }
            }
        }
    }

    private static byte[] key(String text) throws StartupException {
        try {
            byte[] key = HexFormat.of().parseHex(text);
            if (key.length == KEY_BYTES) {
                return key;
            }
        } catch (IllegalArgumentException e) {
            // Told below, without the text: it is a secret.
        }
        throw new StartupException("--certificate-key: it has 64 hexadecimal digits");
    }

    private static byte[] encrypt(byte[] key, byte[] content) {
        byte[] nonce = new byte[NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        try {
            byte[] encrypted = cipher(Cipher.ENCRYPT_MODE, key, nonce).doFinal(content);
            return ByteBuffer.allocate(nonce.length + encrypted.length)
                    .put(nonce)
                    .put(encrypted)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JVM cannot encrypt with AES-GCM", e);
        }
    }

    private static byte[] decrypt(byte[] key, byte[] content) throws StartupException {
        if (content.length <= NONCE_BYTES) {
            throw new StartupException("Secret " + JoinToken.NAMESPACE + "/" + NAME + " is damaged");
        }
        try {
            return cipher(Cipher.DECRYPT_MODE, key, Arrays.copyOf(content, NONCE_BYTES))
                    .doFinal(content, NONCE_BYTES, content.length - NONCE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new StartupException("--certificate-key: it is not the key to this cluster's keys", e);
        }
    }

    private static Cipher cipher(int mode, byte[] key, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(CIPHER);
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }
}
