package io.jubernetes.kubelet.bootstrap;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.bootstrap.CertificateRequester.Wish;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps one certificate current: asks for the next when between seven and nine tenths of the last one's life are
/// over, or at once when there is none.
public final class CertificateRotation implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateRotation.class);
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(2);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(2);
    /// Not longer than this at once, so that a clock that was set forward is noticed.
    private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);

    private final CertificateStore store;
    private final CertificateRequester requester;
    private final Wish wish;
    private final Runnable rotated;
    private final Clock clock;
    private final double part = 0.7 + ThreadLocalRandom.current().nextDouble(0.2);
    private final Thread thread;

    private CertificateRotation(
            CertificateStore store, KubernetesClient client, Wish wish, Runnable rotated, Clock clock) {
        this.store = store;
        this.requester = new CertificateRequester(client);
        this.wish = wish;
        this.rotated = rotated;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("certificate-rotation").unstarted(this::run);
    }

    /// Keeps a node's client certificate current.
    ///
    /// @param rotated called once there is a new one
    public static CertificateRotation client(
            CertificateStore store, KubernetesClient client, String nodeName, Runnable rotated, Clock clock) {
        return new CertificateRotation(store, client, Wish.client(nodeName), rotated, clock);
    }

    /// Keeps a node's serving certificate current.
    ///
    /// @param names the names and addresses it serves under
    public static CertificateRotation serving(
            CertificateStore store,
            KubernetesClient client,
            String nodeName,
            List<String> names,
            Runnable rotated,
            Clock clock) {
        return new CertificateRotation(store, client, Wish.serving(nodeName, names), rotated, clock);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        Duration retry = FIRST_RETRY;
        try {
            while (true) {
                Duration left = Duration.between(clock.instant(), due());
                if (left.isPositive()) {
                    Thread.sleep(left.compareTo(LONGEST_SLEEP) < 0 ? left : LONGEST_SLEEP);
                    continue;
                }
                try {
                    store.update(requester.request(wish, Deadline.in(LIMIT)));
                    LOG.info("got a new certificate of {}", wish.signer());
                    rotated.run();
                    return;
                } catch (IOException | RuntimeException e) {
                    LOG.warn("cannot renew the certificate of {}, trying again: {}", wish.signer(), e.getMessage());
                }
                Thread.sleep(retry);
                retry = retry.multipliedBy(2).compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : retry.multipliedBy(2);
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    /// When the next certificate is to be asked for.
    private Instant due() {
        Optional<X509Certificate> current = store.valid();
        if (current.isEmpty()) {
            return Instant.EPOCH;
        }
        Instant begin = current.get().getNotBefore().toInstant();
        Duration life = Duration.between(begin, current.get().getNotAfter().toInstant());
        return begin.plusMillis((long) (life.toMillis() * part));
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
