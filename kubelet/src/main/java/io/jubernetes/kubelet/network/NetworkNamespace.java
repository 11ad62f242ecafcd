package io.jubernetes.kubelet.network;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Opens sockets inside another process's network namespace: a pod's loopback is reached in no other way. A
/// socket stays in the namespace it was made in, so only its making needs a thread that has entered the
/// namespace (setns(2)).
@SuppressWarnings("restricted") // with the types the C library declares
public final class NetworkNamespace {
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final MethodHandle OPEN = Linker.nativeLinker()
            .downcallHandle(
                    find("open"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SETNS = Linker.nativeLinker()
            .downcallHandle(
                    find("setns"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE = Linker.nativeLinker()
            .downcallHandle(find("close"), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private NetworkNamespace() {}

    private static MemorySegment find(String name) {
        return Linker.nativeLinker()
                .defaultLookup()
                .find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
    }

    /// Connects to a port of the loopback interface, IPv4 first, in the network namespace of a process.
    ///
    /// @param pid the process on this machine
    /// @param limit how long it may take
    public static SocketChannel connectToLoopback(long pid, int port, Duration limit) throws IOException {
        var result = new CompletableFuture<SocketChannel>();
        // A thread of the system's own: it enters the namespace for good and ends.
        Thread.ofPlatform().name("netns-" + pid).daemon().start(() -> {
            try {
                enter(pid);
                SocketChannel channel = connect(port);
                if (!result.complete(channel)) {
                    channel.close();
                }
            } catch (IOException e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable why = Objects.requireNonNullElse(e.getCause(), e);
            throw new IOException(why.getMessage(), why);
        } catch (TimeoutException e) {
            result.cancel(false);
            throw new IOException("no connection within " + limit.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            result.cancel(false);
            throw new IOException("interrupted", e);
        }
    }

    private static SocketChannel connect(int port) throws IOException {
        try {
            return SocketChannel.open(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
        } catch (IOException e) {
            try {
                return SocketChannel.open(new InetSocketAddress(InetAddress.ofLiteral("::1"), port));
            } catch (IOException second) {
                e.addSuppressed(second);
                throw e;
            }
        }
    }

    private static void enter(long pid) throws IOException {
        String path = "/proc/" + pid + "/ns/net";
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) OPEN.invokeExact(arena.allocateFrom(path), O_RDONLY_CLOEXEC);
            if (descriptor < 0) {
                throw new IOException("cannot open the network namespace of process " + pid);
            }
            int entered = (int) SETNS.invokeExact(descriptor, CLONE_NEWNET);
            int closed = (int) CLOSE.invokeExact(descriptor);
            if (entered != 0 || closed != 0) {
                throw new IOException("cannot enter the network namespace of process " + pid);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("setns", e);
        }
    }
}
