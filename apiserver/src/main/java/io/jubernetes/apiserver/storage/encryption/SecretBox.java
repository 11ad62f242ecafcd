package io.jubernetes.apiserver.storage.encryption;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/// XSalsa20 with Poly1305, as NaCl's secretbox: the nonce, the tag, and then the encrypted value.
final class SecretBox implements Cipher {
    private static final int NONCE = 24;
    private static final int TAG = 16;
    private static final int MAC_KEY = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final KeyParameter key;

    /// @param key of 32 bytes
    SecretBox(byte[] key) {
        this.key = new KeyParameter(key);
    }

    @Override
    public byte[] encrypt(byte[] value, byte[] place) {
        byte[] nonce = new byte[NONCE];
        RANDOM.nextBytes(nonce);
        return seal(value, nonce);
    }

    byte[] seal(byte[] value, byte[] nonce) {
        byte[] box = Arrays.copyOf(nonce, NONCE + TAG + value.length);
        XSalsa20Engine engine = engine(nonce);
        byte[] macKey = macKey(engine);
        engine.processBytes(value, 0, value.length, box, NONCE + TAG);
        byte[] tag = tag(macKey, box);
        System.arraycopy(tag, 0, box, NONCE, TAG);
        return box;
    }

    @Override
    public byte[] decrypt(byte[] box, byte[] place) throws GeneralSecurityException {
        if (box.length < NONCE + TAG) {
            throw new AEADBadTagException("the stored data was shorter than the required size");
        }
        XSalsa20Engine engine = engine(Arrays.copyOf(box, NONCE));
        byte[] macKey = macKey(engine);
        if (!MessageDigest.isEqual(tag(macKey, box), Arrays.copyOfRange(box, NONCE, NONCE + TAG))) {
            throw new AEADBadTagException("the stored data does not match its tag");
        }
        byte[] value = new byte[box.length - NONCE - TAG];
        engine.processBytes(box, NONCE + TAG, value.length, value, 0);
        return value;
    }

    private XSalsa20Engine engine(byte[] nonce) {
        var engine = new XSalsa20Engine();
        engine.init(true, new ParametersWithIV(key, nonce));
        return engine;
    }

    /// The first bytes of the key stream are the key of the tag.
    private static byte[] macKey(XSalsa20Engine engine) {
        byte[] macKey = new byte[MAC_KEY];
        engine.processBytes(new byte[MAC_KEY], 0, MAC_KEY, macKey, 0);
        return macKey;
    }

    private static byte[] tag(byte[] macKey, byte[] box) {
        var mac = new Poly1305();
        mac.init(new KeyParameter(macKey));
        mac.update(box, NONCE + TAG, box.length - NONCE - TAG);
        byte[] tag = new byte[TAG];
        mac.doFinal(tag, 0);
        return tag;
    }
}
