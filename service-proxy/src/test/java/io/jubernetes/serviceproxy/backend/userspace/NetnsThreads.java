package io.jubernetes.serviceproxy.backend.userspace;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ThreadFactory;

/// Makes threads that live in a network namespace: the sockets they open and the programs they start are there.
record NetnsThreads(String namespace) implements ThreadFactory {
    private static final int CLONE_NEWNET = 0x40000000;
    private static final MethodHandle OPEN = function("open", ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    private static final MethodHandle SETNS = function("setns", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    private static final MethodHandle CLOSE = function("close", ValueLayout.JAVA_INT);

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, java.lang.foreign.MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().find(name).orElseThrow(),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    @Override
    public Thread newThread(Runnable work) {
        return Thread.ofPlatform().daemon().name("in-" + namespace).unstarted(() -> {
            enter();
            work.run();
        });
    }

    private void enter() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom("/run/netns/" + namespace);
            int file = (int) OPEN.invokeExact(path, 0);
            int result = (int) SETNS.invokeExact(file, CLONE_NEWNET);
            int closed = (int) CLOSE.invokeExact(file);
            if (result != 0 || closed != 0) {
                throw new IllegalStateException("cannot enter " + namespace);
            }
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
