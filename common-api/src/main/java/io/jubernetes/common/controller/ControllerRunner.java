package io.jubernetes.common.controller;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs a reconciler: a fixed number of virtual threads take keys from a queue and reconcile them. A failure is
/// logged once, at the first of a row of equal ones, and the key is tried again after its back-off.
public final class ControllerRunner<K> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ControllerRunner.class);
    private static final Duration ROUND_LIMIT = Duration.ofMinutes(2);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
    private static final int REMEMBERED_FAILURES = 1000;

    private final String name;
    private final WorkQueue<K> queue;
    private final KeyedReconciler<K> reconciler;
    private final List<Thread> workers = new ArrayList<>();
    private final Map<K, String> failing = Collections.synchronizedMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<K, String> eldest) {
            return size() > REMEMBERED_FAILURES;
        }
    });
    private volatile boolean closed;

    /// @param name upstream's name of the controller, for logs and thread names
    /// @param queue where the keys come from; closed with the runner
    /// @param workerCount how many keys are worked on at a time
    public ControllerRunner(String name, WorkQueue<K> queue, KeyedReconciler<K> reconciler, int workerCount) {
        this.name = name;
        this.queue = queue;
        this.reconciler = reconciler;
        for (int i = 0; i < workerCount; i++) {
            workers.add(Thread.ofVirtual().name(name + "-" + i).unstarted(this::work));
        }
    }

    /// Starts the workers; once.
    public void start() {
        workers.forEach(Thread::start);
    }

    /// Whether no worker has ended that should be there. Before [#start] and after [#close] none should.
    public boolean isHealthy() {
        return closed || workers.stream().noneMatch(worker -> worker.getState() == Thread.State.TERMINATED);
    }

    /// Closes the queue, interrupts the workers and waits a limited time for them.
    @Override
    public void close() {
        closed = true;
        queue.close();
        workers.forEach(Thread::interrupt);
        Deadline deadline = Deadline.in(STOP_LIMIT);
        try {
            for (Thread worker : workers) {
                if (worker.getState() != Thread.State.NEW && !worker.join(deadline.remaining())) {
                    log.warn("{}: {} did not stop in time", name, worker.getName());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void work() {
        try {
            for (K key = queue.take(); key != null; key = queue.take()) {
                try {
                    round(key);
                } finally {
                    queue.done(key);
                }
            }
        } catch (InterruptedException _) {
            // close() was called
        }
    }

    private void round(K key) throws InterruptedException {
        Result result;
        try {
            result = reconciler.reconcile(key, Deadline.in(ROUND_LIMIT));
        } catch (RuntimeException e) {
            if (closed) {
                return;
            }
            report(key, e);
            queue.addAfterBackoff(key);
            return;
        }
        failing.remove(key);
        queue.forget(key);
        switch (result) {
            case Result.Done _ -> {}
            case Result.Again(Duration after) -> queue.addAfter(key, after);
            case Result.Stuck(String reason) -> log.debug("{}: {} waits for a change: {}", name, key, reason);
        }
    }

    private void report(K key, RuntimeException failure) {
        String message = Failures.message(failure);
        if (message.equals(failing.put(key, message))) {
            log.debug("{}: {} failed again: {}", name, key, message);
        } else if (failure instanceof KubernetesClientException api) {
            if (api.getCode() == 409) {
                log.debug("{}: {} changed meanwhile, trying again: {}", name, key, message);
            } else {
                log.warn("{}: {} failed, trying again: {}", name, key, message);
            }
        } else {
            log.warn("{}: {} failed, trying again", name, key, failure);
        }
    }
}
