package io.jubernetes.common.component;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells systemd about the service over `$NOTIFY_SOCKET`, as `sd_notify(3)` does: that it is ready, that
/// it stops, and every half `$WATCHDOG_USEC` that it is still alive. Does nothing where the environment
/// names no socket. Thread-safe.
///
/// The socket takes datagrams, which Java's channels do not send to Unix sockets. So libc is called:
/// that needs no library to be unpacked into a directory that the unit's sandbox may forbid (Netty's
/// transport would), and no helper program, whose messages systemd takes only from units that trust all
/// their children and loses when the helper has ended before it looks.
final class ServiceManager implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);

    private final String socket;
    private final Duration watchdog;
    private final Thread pulse;

    private ServiceManager(String socket, Duration watchdog) {
        this.socket = socket;
        this.watchdog = watchdog;
        // A virtual thread: when all carriers hang, or nothing but the garbage collector runs, systemd hears nothing.
        this.pulse = Thread.ofVirtual().name("watchdog").unstarted(this::pulse);
    }

    /// Says that the service is ready, and from now on that it is alive.
    ///
    /// @param environment the process's environment
    static ServiceManager ready(Map<String, String> environment) {
        var manager = new ServiceManager(environment.getOrDefault("NOTIFY_SOCKET", ""), watchdog(environment));
        manager.send("READY=1");
        if (!manager.watchdog.isZero()) {
            manager.pulse.start();
        }
        return manager;
    }

    /// How long systemd waits for a sign of life, zero for ever.
    private static Duration watchdog(Map<String, String> environment) {
        String pid = environment.getOrDefault("WATCHDOG_PID", "");
        if (environment.getOrDefault("NOTIFY_SOCKET", "").isEmpty()
                || !(pid.isEmpty()
                        || pid.equals(Long.toString(ProcessHandle.current().pid())))) {
            return Duration.ZERO;
        }
        try {
            long micros = Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", "0"));
            return Duration.ofMillis(Math.max(0, micros / 1000));
        } catch (NumberFormatException _) {
            LOG.warn("WATCHDOG_USEC is not a number, so no signs of life are sent");
            return Duration.ZERO;
        }
    }

    private void pulse() {
        try {
            while (true) {
                send("WATCHDOG=1");
                Thread.sleep(watchdog.dividedBy(2));
            }
        } catch (InterruptedException _) {
            // the process ends
        }
    }

    private void send(String state) {
        if (socket.isEmpty()) {
            return;
        }
        try {
            Libc.datagram(socket, state);
        } catch (IOException e) {
            LOG.warn("cannot tell systemd {}: {}", state, e.getMessage());
        }
    }

    /// Says that the service stops. The signs of life go on until the process ends, for stopping may
    /// take longer than systemd waits for one.
    @Override
    public void close() {
        send("STOPPING=1");
    }

    /// The three calls of the C library that a datagram needs. Numbers are Linux's on every architecture.
    private static final class Libc {
        private static final int AF_UNIX = 1;
        private static final int SOCK_DGRAM_CLOEXEC = 0x80002;
        private static final int MSG_NOSIGNAL = 0x4000;
        private static final int PATH_OFFSET = 2;
        private static final int MAX_PATH = 108;

        private static final MethodHandle SOCKET = function(
                "socket", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        private static final MethodHandle SENDTO = function(
                "sendto",
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT);
        private static final MethodHandle CLOSE = function("close", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

        @SuppressWarnings("restricted") // the program is started with --enable-native-access
        private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, parameters));
        }

        /// Sends a text to a socket.
        ///
        /// @param address a path, or a name in the abstract namespace after an `@`
        static void datagram(String address, String text) throws IOException {
            byte[] path = address.getBytes(StandardCharsets.UTF_8);
            if (path.length >= MAX_PATH) {
                throw new IOException(address + " is too long for a socket");
            }
            if (path[0] == '@') {
                path[0] = 0;
            }
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment destination = arena.allocate(PATH_OFFSET + MAX_PATH, Short.BYTES);
                destination.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
                MemorySegment.copy(path, 0, destination, ValueLayout.JAVA_BYTE, PATH_OFFSET, path.length);
                MemorySegment message = arena.allocateFrom(ValueLayout.JAVA_BYTE, body);
                int descriptor = (int) SOCKET.invokeExact(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
                if (descriptor < 0) {
                    throw new IOException("no socket is left");
                }
                long sent = (long) SENDTO.invokeExact(
                        descriptor, message, (long) body.length, MSG_NOSIGNAL, destination, PATH_OFFSET + path.length);
                int closed = (int) CLOSE.invokeExact(descriptor);
                if (sent < 0 || closed < 0) {
                    throw new IOException("nobody takes datagrams at " + address);
                }
            } catch (IOException | RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IOException("cannot call the C library", e);
            }
        }
    }
}
