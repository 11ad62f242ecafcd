package io.jubernetes.kubelet.runtime.docker;

import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.StreamSession;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// A raw Docker stream: without a terminal it is cut into frames that name stdout or stderr.
final class DockerStream implements StreamSession {
    private static final int HEADER = 8;
    private static final int STDERR = 2;

    /// What differs between exec, attach and logs.
    interface Control {
        void resize(int columns, int rows);

        int exitCode() throws RuntimeFailure;
    }

    private final DockerHttp.Exchange exchange;
    private final boolean framed;
    private final Control control;

    DockerStream(DockerHttp.Exchange exchange, boolean tty, Control control) {
        this.exchange = exchange;
        this.framed = !tty;
        this.control = control;
    }

    @Override
    public OutputStream stdin() {
        return exchange.output();
    }

    @Override
    public void pump(Receiver receiver) throws IOException {
        InputStream in = exchange.body();
        byte[] buffer = new byte[16 << 10];
        if (!framed) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                receiver.stdout(buffer, 0, count);
            }
            return;
        }
        var data = new DataInputStream(in);
        byte[] header = new byte[HEADER];
        while (readHeader(data, header)) {
            boolean stderr = header[0] == STDERR;
            int left = (header[4] & 0xff) << 24 | (header[5] & 0xff) << 16 | (header[6] & 0xff) << 8 | header[7] & 0xff;
            while (left > 0) {
                int count = data.read(buffer, 0, Math.min(left, buffer.length));
                if (count < 0) {
                    return;
                }
                left -= count;
                if (stderr) {
                    receiver.stderr(buffer, 0, count);
                } else {
                    receiver.stdout(buffer, 0, count);
                }
            }
        }
    }

    private static boolean readHeader(DataInputStream in, byte[] header) throws IOException {
        int first = in.read();
        if (first < 0) {
            return false;
        }
        header[0] = (byte) first;
        try {
            in.readFully(header, 1, HEADER - 1);
        } catch (EOFException e) {
            return false;
        }
        return true;
    }

    @Override
    public void resize(int columns, int rows) {
        control.resize(columns, rows);
    }

    @Override
    public int exitCode() throws RuntimeFailure {
        return control.exitCode();
    }

    @Override
    public void close() {
        exchange.close();
    }
}
