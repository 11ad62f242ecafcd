package io.jubernetes.kubelet.runtime;

import java.io.IOException;
import java.io.OutputStream;

/// An open conversation with a process. Closing it from another thread ends a blocked [#pump].
public interface StreamSession extends AutoCloseable {
    /// Receives output in the order it comes. A slow receiver slows the process.
    interface Receiver {
        void stdout(byte[] buffer, int offset, int length) throws IOException;

        void stderr(byte[] buffer, int offset, int length) throws IOException;
    }

    /// Where to write the process's input. Closing it tells the process that there is no more.
    OutputStream stdin();

    /// Passes output on until the process closes its streams.
    void pump(Receiver receiver) throws IOException;

    /// Tells a terminal's size.
    void resize(int columns, int rows);

    /// The exit code of an ended command; 0 for logs and attached processes.
    int exitCode() throws RuntimeFailure;

    @Override
    void close();
}
