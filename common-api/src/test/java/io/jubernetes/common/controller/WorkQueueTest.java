package io.jubernetes.common.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jubernetes.common.time.Ticker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkQueueTest {
    private final AtomicLong now = new AtomicLong();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final WorkQueue<String> queue =
            new WorkQueue<>("test", meters, 3, Duration.ofMillis(5), Duration.ofSeconds(1000), now::get);

    private void advance(Duration by) {
        now.addAndGet(by.toNanos());
    }

    @Test
    void aKeyIsInItOnceAndKeysComeInOrder() {
        queue.add("a");
        queue.add("b");
        queue.add("a");
        assertThat(queue.depth()).isEqualTo(2);
        assertThat(List.of(String.valueOf(queue.poll()), String.valueOf(queue.poll())))
                .containsExactly("a", "b");
        assertThat(queue.poll()).isNull();
    }

    @Test
    void aKeyAddedWhileWorkedOnComesBackAfterwards() {
        queue.add("a");
        assertThat(queue.poll()).isEqualTo("a");
        queue.add("a");
        queue.add("a");
        assertThat(queue.poll()).isNull();
        queue.done("a");
        assertThat(queue.poll()).isEqualTo("a");
        queue.done("a");
        assertThat(queue.poll()).isNull();
        assertThat(queue.isIdle()).isTrue();
    }

    @Test
    void theEarlierOfTwoTimesCounts() {
        queue.addAfter("a", Duration.ofSeconds(10));
        queue.addAfter("a", Duration.ofSeconds(5));
        queue.addAfter("a", Duration.ofSeconds(20));
        advance(Duration.ofSeconds(4));
        assertThat(queue.poll()).isNull();
        advance(Duration.ofSeconds(1));
        assertThat(queue.poll()).isEqualTo("a");
        queue.done("a");
        advance(Duration.ofSeconds(60));
        assertThat(queue.poll()).isNull();
    }

    @Test
    void backOffDoublesUpToItsLimitAndEndsWithSuccess() {
        var waits = new ArrayList<Long>();
        for (int i = 0; i < 25; i++) {
            long before = now.get();
            queue.addAfterBackoff("a");
            while (queue.poll() == null) {
                advance(Duration.ofMillis(1));
            }
            queue.done("a");
            waits.add((now.get() - before) / 1_000_000);
            if (i == 3) {
                assertThat(queue.failures("a")).isEqualTo(4);
            }
        }
        assertThat(waits.get(0)).isBetween(5L, 7L);
        assertThat(waits.get(1)).isBetween(10L, 13L);
        assertThat(waits.get(24)).isBetween(1_000_000L, 1_200_001L);
        queue.forget("a");
        assertThat(queue.failures("a")).isZero();
        assertThat(meters.counter("workqueue.retries", "name", "test").count()).isEqualTo(25);
    }

    @Test
    void aFullQueueMakesFeedersWaitUntilAKeyIsTaken() {
        queue.add("a");
        queue.add("b");
        queue.add("c");
        queue.add("c");
        Thread feeder = Thread.startVirtualThread(() -> queue.add("d"));
        await().until(() -> feeder.getState() == Thread.State.WAITING);
        assertThat(queue.depth()).isEqualTo(3);
        assertThat(queue.poll()).isEqualTo("a");
        await().until(() -> queue.depth() == 3);
    }

    @Test
    void closingEndsTheTakers() throws InterruptedException {
        Thread taker = Thread.startVirtualThread(() -> {
            try {
                assertThat(queue.take()).isNull();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        await().until(() -> taker.getState() == Thread.State.WAITING);
        queue.close();
        assertThat(taker.join(Duration.ofSeconds(5))).isTrue();
        queue.add("late");
        assertThat(queue.depth()).isZero();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void noKeyHasTwoWorkersAndNoAddIsLost(long seed) throws InterruptedException {
        var live = new WorkQueue<Integer>("live", new SimpleMeterRegistry(), Ticker.SYSTEM);
        var inWork = ConcurrentHashMap.<Integer>newKeySet();
        var violations = new AtomicInteger();
        var wanted = new ConcurrentHashMap<Integer, Integer>();
        var seen = new ConcurrentHashMap<Integer, Integer>();
        var runner = new ControllerRunner<Integer>(
                "live",
                live,
                (key, _) -> {
                    if (!inWork.add(key)) {
                        violations.incrementAndGet();
                    }
                    seen.put(key, wanted.get(key));
                    inWork.remove(key);
                    return key % 7 == 0
                            ? KeyedReconciler.Result.again(Duration.ofMillis(1))
                            : KeyedReconciler.Result.done();
                },
                4);
        runner.start();
        var random = new Random(seed);
        for (int i = 1; i <= 5000; i++) {
            int key = random.nextInt(20);
            wanted.put(key, i);
            if (random.nextBoolean()) {
                live.add(key);
            } else {
                live.addAfter(key, Duration.ofNanos(random.nextInt(3_000_000)));
            }
        }
        await().untilAsserted(() -> assertThat(seen).isEqualTo(wanted));
        runner.close();
        assertThat(violations).hasValue(0);
    }

    @Test
    void aFailedKeyIsTriedAgain() {
        var live = new WorkQueue<String>("retry", new SimpleMeterRegistry(), Ticker.SYSTEM);
        var tries = new AtomicInteger();
        Set<String> succeeded = new HashSet<>();
        var runner = new ControllerRunner<String>(
                "retry",
                live,
                (key, _) -> {
                    if (tries.incrementAndGet() < 4) {
                        throw new IllegalStateException("not yet");
                    }
                    synchronized (succeeded) {
                        succeeded.add(key);
                    }
                    return KeyedReconciler.Result.done();
                },
                1);
        runner.start();
        live.add("a");
        await().until(() -> {
            synchronized (succeeded) {
                return succeeded.contains("a");
            }
        });
        runner.close();
        assertThat(tries).hasValue(4);
    }
}
