package io.jubernetes.hyperkube.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/// Fetches a page again and again on a thread of its own and counts what fails, until closed.
final class RequestLoop implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final Thread thread;
    private volatile boolean stopped;

    RequestLoop(String url) {
        thread = Thread.ofVirtual().name("requests").start(() -> run(url));
    }

    private void run(String url) {
        while (!stopped) {
            if (!fetch(url)) {
                failed.incrementAndGet();
            }
            sent.incrementAndGet();
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /// A connection of its own for each request, as many clients would make.
    private static boolean fetch(String url) {
        try (HttpClient http = HttpClient.newBuilder()
                .connectTimeout(LIMIT)
                .version(HttpClient.Version.HTTP_1_1)
                .build()) {
            return http.send(
                                    HttpRequest.newBuilder(URI.create(url))
                                            .timeout(LIMIT)
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    int sent() {
        return sent.get();
    }

    int failed() {
        return failed.get();
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join(LIMIT.plusSeconds(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
