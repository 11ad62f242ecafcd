package io.jubernetes.apiserver.storage.encryption;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// AES in one of two modes: GCM, which notices damage and binds a value to its place, and CBC, which does not. The
/// start value, new for each value, comes first.
final class AesCipher implements Cipher {
    private static final int TAG_BITS = 128;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final SecretKeySpec key;
    private final boolean gcm;

    AesCipher(byte[] key, boolean gcm) {
        this.key = new SecretKeySpec(key, "AES");
        this.gcm = gcm;
    }

    private int startLength() {
        return gcm ? 12 : 16;
    }

    private javax.crypto.Cipher cipher(int mode, byte[] start, byte[] place) throws GeneralSecurityException {
        var cipher = javax.crypto.Cipher.getInstance(gcm ? "AES/GCM/NoPadding" : "AES/CBC/PKCS5Padding");
        AlgorithmParameterSpec parameters = gcm ? new GCMParameterSpec(TAG_BITS, start) : new IvParameterSpec(start);
        cipher.init(mode, key, parameters);
        if (gcm) {
            cipher.updateAAD(place);
        }
        return cipher;
    }

    @Override
    public byte[] encrypt(byte[] value, byte[] place) throws GeneralSecurityException {
        byte[] start = new byte[startLength()];
        RANDOM.nextBytes(start);
        byte[] encrypted =
                cipher(javax.crypto.Cipher.ENCRYPT_MODE, start, place).doFinal(value);
        byte[] all = Arrays.copyOf(start, start.length + encrypted.length);
        System.arraycopy(encrypted, 0, all, start.length, encrypted.length);
        return all;
    }

    @Override
    public byte[] decrypt(byte[] value, byte[] place) throws GeneralSecurityException {
        if (value.length < startLength()) {
            throw new AEADBadTagException("the stored data was shorter than the required size");
        }
        byte[] start = Arrays.copyOf(value, startLength());
        return cipher(javax.crypto.Cipher.DECRYPT_MODE, start, place)
                .doFinal(value, start.length, value.length - start.length);
    }
}
