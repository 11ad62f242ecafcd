package io.jubernetes.kubelet.spdy;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// One stream of a connection, read and written by blocking calls. One thread may read while another writes.
public final class SpdyStream {
    private final SpdyConnection connection;
    private final int id;
    private final Map<String, String> headers;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final ArrayDeque<byte[]> queue = new ArrayDeque<>(); // guarded by lock
    private boolean ended; // guarded by lock
    private boolean broken; // guarded by lock
    private volatile boolean finished;

    SpdyStream(SpdyConnection connection, int id, Map<String, String> headers) {
        this.connection = connection;
        this.id = id;
        this.headers = headers;
    }

    /// A header that the client opened the stream with; empty when it is not there.
    ///
    /// @param name in any case
    public String header(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    int id() {
        return id;
    }

    void arrived(byte[] data) {
        lock.lock();
        try {
            if (ended || data.length == 0) {
                connection.consumed(data.length);
                return;
            }
            queue.add(data);
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void ended(boolean byFailure) {
        lock.lock();
        try {
            ended = true;
            broken |= byFailure;
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits for what the client sends next.
    ///
    /// @return null when the client has finished the stream
    /// @throws IOException when the stream or the connection broke
    byte @org.jspecify.annotations.Nullable [] next() throws IOException {
        lock.lock();
        try {
            while (queue.isEmpty() && !ended) {
                arrived.await();
            }
            byte[] data = queue.poll();
            if (data != null) {
                connection.consumed(data.length);
                return data;
            }
            if (broken) {
                throw new IOException("the client has left");
            }
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /// What the client sends. Its end is the client's end of the stream; a connection that breaks is an [IOException].
    public InputStream input() {
        return new StreamInput(this);
    }

    /// Sends bytes, blocking while the connection is full.
    ///
    /// @throws IOException when the client has left
    public void write(byte[] buffer, int offset, int length) throws IOException {
        if (finished) {
            throw new IOException("the stream is finished");
        }
        connection.send(new DefaultSpdyDataFrame(id, Unpooled.copiedBuffer(buffer, offset, length)));
    }

    /// Tells the client that nothing more comes. Twice is no error.
    public void finish() {
        if (!finished) {
            finished = true;
            var last = new DefaultSpdyDataFrame(id);
            last.setLast(true);
            connection.post(last);
        }
    }

    /// Breaks the stream off in both directions.
    public void reset() {
        finished = true;
        ended(true);
        connection.forget(this);
        connection.post(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.CANCEL));
    }
}
