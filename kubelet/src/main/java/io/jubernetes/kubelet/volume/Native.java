package io.jubernetes.kubelet.volume;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// The few system calls that Java has no other way to make. Thread-safe.
@SuppressWarnings("restricted") // every use is here, with the types the C library declares
final class Native {
    static final int O_DIRECTORY = "aarch64".equals(System.getProperty("os.arch")) ? 0x4000 : 0x10000;
    static final int O_NOFOLLOW = "aarch64".equals(System.getProperty("os.arch")) ? 0x8000 : 0x20000;
    static final int O_CLOEXEC = 0x80000;
    static final int O_PATH = 0x200000;
    static final int EEXIST = 17;
    static final int ENOENT = 2;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;
    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle MOUNT =
            handle("mount", FunctionDescriptor.of(INT, POINTER, POINTER, POINTER, LONG, POINTER));
    private static final MethodHandle UMOUNT = handle("umount2", FunctionDescriptor.of(INT, POINTER, INT));
    private static final MethodHandle OPENAT =
            handleVariadic("openat", FunctionDescriptor.of(INT, INT, POINTER, INT, INT));
    private static final MethodHandle MKDIRAT = handle("mkdirat", FunctionDescriptor.of(INT, INT, POINTER, INT));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle STRERROR =
            Linker.nativeLinker().downcallHandle(find("strerror"), FunctionDescriptor.of(POINTER, INT));

    private Native() {}

    /// A system call failed.
    static final class Failure extends IOException {
        private static final long serialVersionUID = 1L;
        private final int errno;

        Failure(String what, int errno) {
            super(what + ": " + text(errno));
            this.errno = errno;
        }

        int errno() {
            return errno;
        }
    }

    private static MemorySegment find(String name) {
        return Linker.nativeLinker()
                .defaultLookup()
                .find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(find(name), descriptor, Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle handleVariadic(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker()
                .downcallHandle(
                        find(name),
                        descriptor,
                        Linker.Option.captureCallState("errno"),
                        Linker.Option.firstVariadicArg(3));
    }

    @FunctionalInterface
    private interface Call {
        int run(Arena arena, MemorySegment state) throws Throwable;
    }

    private static int call(String what, Call call) throws Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(CAPTURED);
            int result = call.run(arena, state);
            if (result < 0) {
                throw new Failure(what, (int) ERRNO.get(state, 0L));
            }
            return result;
        } catch (Failure | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(what, e);
        }
    }

    private static String text(int errno) {
        try {
            var message = (MemorySegment) STRERROR.invokeExact(errno);
            return message.reinterpret(256).getString(0);
        } catch (Throwable e) {
            return "error " + errno;
        }
    }

    static void mount(String source, String target, String type, long flags, String data) throws Failure {
        call("mount " + target, (arena, state) -> (int) MOUNT.invokeExact(
                state,
                arena.allocateFrom(source),
                arena.allocateFrom(target),
                arena.allocateFrom(type),
                flags,
                arena.allocateFrom(data)));
    }

    static void unmount(String target, int flags) throws Failure {
        call("unmount " + target, (arena, state) -> (int) UMOUNT.invokeExact(state, arena.allocateFrom(target), flags));
    }

    /// Opens a name within an open directory, and returns the file descriptor.
    static int openAt(int directory, String name, int flags) throws Failure {
        return call("open " + name, (arena, state) ->
                (int) OPENAT.invokeExact(state, directory, arena.allocateFrom(name), flags, 0));
    }

    static void makeDirectoryAt(int directory, String name, int mode) throws Failure {
        call("create directory " + name, (arena, state) ->
                (int) MKDIRAT.invokeExact(state, directory, arena.allocateFrom(name), mode));
    }

    static void close(int descriptor) throws Failure {
        call("close", (arena, state) -> (int) CLOSE.invokeExact(state, descriptor));
    }
}
