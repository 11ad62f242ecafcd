package io.jubernetes.common.cel;

import java.math.BigInteger;

/// An unsigned number of 64 bits.
public record CelUint(long bits) {
    static CelUint of(BigInteger value) {
        if (value.signum() < 0 || value.bitLength() > 64) {
            throw new CelFailure("unsigned integer overflow");
        }
        return new CelUint(value.longValue());
    }

    BigInteger toBigInteger() {
        return new BigInteger(Long.toUnsignedString(bits));
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(bits);
    }
}
