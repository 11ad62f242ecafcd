package io.jubernetes.kubelet.spdy;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// The bytes of a stream's frames, one after the other.
final class StreamInput extends InputStream {
    private final SpdyStream stream;
    private byte @Nullable [] current;
    private int position;

    StreamInput(SpdyStream stream) {
        this.stream = stream;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        byte[] from = current;
        if (from == null || position == from.length) {
            from = stream.next();
            current = from;
            position = 0;
            if (from == null) {
                return -1;
            }
        }
        int count = Math.min(length, from.length - position);
        System.arraycopy(from, position, buffer, offset, count);
        position += count;
        return count;
    }
}
