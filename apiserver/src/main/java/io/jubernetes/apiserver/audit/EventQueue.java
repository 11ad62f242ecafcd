package io.jubernetes.apiserver.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings events to a backend on one thread of its own. The queue has a size: who waits for room when it is full, or
/// whether events are lost then, is a matter of the mode. Thread-safe.
final class EventQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventQueue.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LAST_WORDS = Duration.ofSeconds(10);

    private final AuditBackend backend;
    private final Settings settings;
    private final MeterRegistry metrics;
    private final BlockingQueue<ObjectNode> queue;
    private final Thread writer;
    private volatile boolean closed;

    /// @param blocking whether requests wait for room in the queue; else events are lost when there is none
    /// @param maxBatch events brought at once
    /// @param maxWait until a batch that is not full is brought
    record Settings(boolean blocking, int size, int maxBatch, Duration maxWait) {}

    EventQueue(AuditBackend backend, Settings settings, MeterRegistry metrics) {
        this.backend = backend;
        this.settings = settings;
        this.metrics = metrics;
        queue = new ArrayBlockingQueue<>(settings.size());
        writer = Thread.ofVirtual().name("audit-" + backend.name()).unstarted(this::run);
    }

    void start() {
        writer.start();
    }

    /// Hands an event over. Nobody changes it afterwards.
    void add(ObjectNode event) {
        boolean taken;
        try {
            taken = settings.blocking()
                    ? queue.offer(event, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    : queue.offer(event);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            taken = false;
        }
        if (!taken) {
            failed(1);
        }
    }

    private void failed(int events) {
        metrics.counter("apiserver_audit_error_total", "plugin", backend.name()).increment(events);
    }

    private void run() {
        List<ObjectNode> batch = new ArrayList<>();
        while (!closed || !queue.isEmpty()) {
            try {
                ObjectNode first = queue.poll(500, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                batch.add(first);
                fill(batch);
                backend.deliver(List.copyOf(batch));
            } catch (IOException e) {
                failed(batch.size());
                LOG.error(
                        "{} audit events could not be delivered to {}: {}",
                        batch.size(),
                        backend.name(),
                        e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
            batch.clear();
        }
    }

    private void fill(List<ObjectNode> batch) throws InterruptedException {
        long end = System.nanoTime() + settings.maxWait().toNanos();
        while (batch.size() < settings.maxBatch()) {
            long left = closed ? 0 : end - System.nanoTime();
            ObjectNode next = queue.poll(Math.max(0, left), TimeUnit.NANOSECONDS);
            if (next == null) {
                return;
            }
            batch.add(next);
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            writer.join(LAST_WORDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        backend.close();
    }
}
