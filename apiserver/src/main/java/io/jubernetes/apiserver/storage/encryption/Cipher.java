package io.jubernetes.apiserver.storage.encryption;

import java.security.GeneralSecurityException;

/// Encrypts and decrypts values with one key. Thread-safe.
interface Cipher {
    /// @param place where the value is stored, which some ciphers bind it to
    byte[] encrypt(byte[] value, byte[] place) throws GeneralSecurityException;

    /// @throws GeneralSecurityException when the value is damaged, from another place or of another key
    byte[] decrypt(byte[] value, byte[] place) throws GeneralSecurityException;

    /// Changes nothing.
    Cipher IDENTITY = new Cipher() {
        @Override
        public byte[] encrypt(byte[] value, byte[] place) {
            return value;
        }

        @Override
        public byte[] decrypt(byte[] value, byte[] place) {
            return value;
        }
    };
}
