package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.HeldPods;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Holds pods for permit plugins. Thread-safe.
public final class WaitingPods implements HeldPods {
    private final Map<String, CompletableFuture<Optional<String>>> waiting = new ConcurrentHashMap<>();

    @Override
    public boolean contains(String uid) {
        return waiting.containsKey(uid);
    }

    @Override
    public void allow(String uid) {
        end(uid, Optional.empty());
    }

    @Override
    public void refuse(String uid, String reason) {
        end(uid, Optional.of(reason));
    }

    private void end(String uid, Optional<String> refusal) {
        CompletableFuture<Optional<String>> held = waiting.get(uid);
        if (held != null) {
            held.complete(refusal);
        }
    }

    /// Waits for the word about a pod.
    ///
    /// @return why it must not be bound, empty when it may
    Optional<String> await(String uid, long atMostMillis) throws InterruptedException {
        var held = waiting.computeIfAbsent(uid, _ -> new CompletableFuture<>());
        try {
            return held.get(atMostMillis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return Optional.of("timed out waiting for permission");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            waiting.remove(uid);
        }
    }
}
