package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.time.Deadline;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets one of several replicas of a component work at a time, by a Lease as upstream uses it. Whoever leads
/// renews the lease; when that fails for the renew deadline it stops its work before the lease can run
/// out for the others, and campaigns again.
///
/// Whether another's lease has run out is measured from when this process last saw it change, never by
/// comparing clocks of two machines. Every request has the renew deadline as its limit (the client's own
/// limit is longer than a lease, so an API server that hangs would leave two leaders).
public final class LeaderElection implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LeaderElection.class);
    private static final int RELEASE_ATTEMPTS = 5;

    /// @param namespace where the lease is, upstream's is `kube-system`
    /// @param name of the lease: the component's name
    /// @param identity of this replica, different from all others'
    /// @param leaseDuration how long others wait after the last renewal
    /// @param renewDeadline how long the leader goes on without a renewal; shorter than `leaseDuration`
    /// @param retryPeriod between two tries
    public record Settings(
            String namespace,
            String name,
            String identity,
            Duration leaseDuration,
            Duration renewDeadline,
            Duration retryPeriod) {

        /// Upstream's 15, 10 and 2 seconds in `kube-system`.
        public static Settings of(String name, String identity) {
            return new Settings(
                    "kube-system",
                    name,
                    identity,
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(2));
        }
    }

    /// The work that only the leader does.
    @FunctionalInterface
    public interface Leading {
        /// Starts the work.
        ///
        /// @return ends it; called when leadership is lost and on close
        /// @throws InterruptedException when leadership ended meanwhile; nothing is left running then
        AutoCloseable lead() throws InterruptedException;
    }

    /// What was last seen of the lease, and when by this process's monotonic clock.
    private record Observed(
            @Nullable String version, @Nullable String holder, long at) {}

    private final KubernetesClient client;
    private final Settings settings;
    private final LeaderFence fence;
    private final Leading work;
    private final Clock clock;
    private final ExecutorService requests = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("lease-request-", 0).factory());
    private final Thread thread;
    private volatile Observed observed = new Observed(null, null, 0);
    private volatile boolean leading;

    private LeaderElection(KubernetesClient client, Settings settings, LeaderFence fence, Leading work, Clock clock) {
        this.client = client;
        this.settings = settings;
        this.fence = fence;
        this.work = work;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("leader-" + settings.name()).unstarted(this::run);
    }

    /// Campaigns in the background until closed.
    ///
    /// @param client for the lease; it must not be behind the fence
    /// @param fence is open while this replica leads
    public static LeaderElection start(
            KubernetesClient client, Settings settings, LeaderFence fence, Leading work, Clock clock) {
        var election = new LeaderElection(client, settings, fence, work, clock);
        election.thread.start();
        return election;
    }

    /// Whether this replica leads now.
    public boolean isLeading() {
        return leading;
    }

    /// Ends the work if it leads, gives the lease back so that another can take it at once, and waits
    /// for both.
    @Override
    public void close() {
        thread.interrupt();
        try {
            if (!thread.join(settings.renewDeadline().plusSeconds(15))) {
                log.warn("{}: the leader's work did not stop in time", settings.name());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        requests.shutdownNow();
    }

    private void run() {
        try {
            while (true) {
                log.info("{}: {} campaigns for the lease", settings.name(), settings.identity());
                while (!tryAcquireOrRenew()) {
                    Thread.sleep(jittered(settings.retryPeriod()));
                }
                lead();
            }
        } catch (InterruptedException _) {
            // close() was called, perhaps just after a request took the lease
            release();
        }
    }

    private void lead() throws InterruptedException {
        log.info("{}: {} leads now", settings.name(), settings.identity());
        leading = true;
        // On a thread of its own: the work may take long to start (it fills caches) while the lease must be
        // renewed.
        Future<AutoCloseable> starting = requests.submit(work::lead);
        try {
            renewUntilLost(starting);
            log.warn("{}: leadership lost, stopping its work", settings.name());
        } finally {
            boolean interrupted = Thread.interrupted();
            starting.cancel(true);
            stop(started(starting));
            leading = false;
            fence.close();
            release();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private @Nullable AutoCloseable started(Future<AutoCloseable> starting) {
        return switch (starting.state()) {
            case SUCCESS -> starting.resultNow();
            case FAILED -> {
                log.error("{}: the leader's work could not start", settings.name(), starting.exceptionNow());
                yield null;
            }
            case CANCELLED, RUNNING -> null;
        };
    }

    private void renewUntilLost(Future<?> starting) throws InterruptedException {
        Deadline renewBy = Deadline.in(settings.renewDeadline());
        while (!renewBy.isOver() && starting.state() != Future.State.FAILED) {
            Thread.sleep(settings.retryPeriod());
            if (tryAcquireOrRenew()) {
                renewBy = Deadline.in(settings.renewDeadline());
            } else if (!settings.identity().equals(observed.holder())) {
                return;
            }
        }
    }

    private void stop(@Nullable AutoCloseable running) {
        if (running == null) {
            return;
        }
        try {
            running.close();
        } catch (Exception e) {
            log.error("{}: stopping the leader's work failed", settings.name(), e);
        }
    }

    /// One try; false when another holds the lease or the API server did not do it in time.
    private boolean tryAcquireOrRenew() throws InterruptedException {
        long sent = System.nanoTime();
        Future<Boolean> request = requests.submit((Callable<Boolean>) this::acquireOrRenew);
        try {
            boolean ours = request.get(settings.renewDeadline().toMillis() / 2, TimeUnit.MILLISECONDS);
            if (ours) {
                fence.extend(sent, settings.renewDeadline());
            }
            return ours;
        } catch (InterruptedException e) {
            request.cancel(true);
            throw e;
        } catch (TimeoutException e) {
            request.cancel(true);
            log.info("{}: no answer about the lease in time", settings.name());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KubernetesClientException api && (api.getCode() == 409)) {
                log.debug("{}: the lease changed meanwhile", settings.name());
            } else {
                log.info("{}: cannot update the lease, trying again: {}", settings.name(), rootMessage(e));
            }
        }
        return false;
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    private boolean acquireOrRenew() {
        ZonedDateTime now = clock.instant().atZone(ZoneOffset.UTC);
        Lease lease = client.resources(Lease.class)
                .inNamespace(settings.namespace())
                .withName(settings.name())
                .get();
        if (lease == null) {
            Lease created = client.resource(new LeaseBuilder()
                            .withNewMetadata()
                            .withName(settings.name())
                            .withNamespace(settings.namespace())
                            .endMetadata()
                            .withSpec(spec(now, now, 0))
                            .build())
                    .create();
            observe(created);
            return true;
        }
        observe(lease);
        LeaseSpec spec = lease.getSpec() == null ? new LeaseSpec() : lease.getSpec();
        String holder = Objects.requireNonNullElse(spec.getHolderIdentity(), "");
        boolean own = holder.equals(settings.identity());
        if (!own && !holder.isEmpty() && !hasRunOut(spec)) {
            return false;
        }
        int transitions = Objects.requireNonNullElse(spec.getLeaseTransitions(), 0);
        ZonedDateTime since = own && spec.getAcquireTime() != null ? spec.getAcquireTime() : now;
        Lease next = lease.toBuilder()
                .withSpec(spec(since, now, own ? transitions : transitions + 1))
                .build();
        observe(client.resource(next).update());
        return true;
    }

    private LeaseSpec spec(ZonedDateTime acquired, ZonedDateTime renewed, int transitions) {
        var spec = new LeaseSpec();
        spec.setHolderIdentity(settings.identity());
        spec.setLeaseDurationSeconds((int) settings.leaseDuration().toSeconds());
        spec.setAcquireTime(acquired);
        spec.setRenewTime(renewed);
        spec.setLeaseTransitions(transitions);
        return spec;
    }

    private void observe(Lease lease) {
        String version = lease.getMetadata().getResourceVersion();
        if (!Objects.equals(version, observed.version())) {
            String holder = lease.getSpec() == null ? null : lease.getSpec().getHolderIdentity();
            observed = new Observed(version, holder, System.nanoTime());
        }
    }

    private boolean hasRunOut(LeaseSpec spec) {
        Integer seconds = spec.getLeaseDurationSeconds();
        Duration duration = seconds == null ? settings.leaseDuration() : Duration.ofSeconds(seconds);
        return System.nanoTime() - observed.at() > duration.toNanos();
    }

    private void release() {
        Future<?> request = requests.submit(() -> {
            // A renewal may still be on its way to the server and come first; then the lease is read again.
            for (int attempt = 1; !released(); attempt++) {
                if (attempt == RELEASE_ATTEMPTS) {
                    throw new IllegalStateException("the lease keeps changing");
                }
            }
        });
        try {
            request.get(2, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.debug("{}: the lease was not given back, others wait until it runs out", settings.name(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Gives the lease back if this replica has it; false when the lease changed meanwhile.
    private boolean released() {
        Lease lease = client.resources(Lease.class)
                .inNamespace(settings.namespace())
                .withName(settings.name())
                .get();
        if (lease == null || !settings.identity().equals(lease.getSpec().getHolderIdentity())) {
            return true;
        }
        LeaseSpec spec = spec(
                lease.getSpec().getAcquireTime(),
                clock.instant().atZone(ZoneOffset.UTC),
                Objects.requireNonNullElse(lease.getSpec().getLeaseTransitions(), 0));
        spec.setHolderIdentity("");
        spec.setLeaseDurationSeconds(1);
        try {
            client.resource(lease.toBuilder().withSpec(spec).build()).update();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) {
                return false;
            }
            throw e;
        }
    }

    private static Duration jittered(Duration period) {
        return period.plusMillis(
                (long) (period.toMillis() * 0.2 * ThreadLocalRandom.current().nextDouble()));
    }
}
