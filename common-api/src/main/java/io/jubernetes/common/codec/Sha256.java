package io.jubernetes.common.codec;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// SHA-256, which every Java has.
public final class Sha256 {
    private static final int LENGTH = 32;

    private Sha256() {}

    /// The 32 bytes of the hash.
    public static byte[] of(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JVM offers no SHA-256", e);
        }
    }

    /// The hash of a text in UTF-8.
    public static byte[] of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The hash of a text in lower-case hexadecimal digits.
    public static String hex(String text) {
        return hex(text, LENGTH);
    }

    /// The hash's first bytes in lower-case hexadecimal digits.
    ///
    /// @param bytes how many, from 1 to 32; each makes two digits
    public static String hex(String text, int bytes) {
        return HexFormat.of().formatHex(of(text), 0, bytes);
    }
}
