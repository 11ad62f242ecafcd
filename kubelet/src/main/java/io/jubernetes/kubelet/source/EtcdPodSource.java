package io.jubernetes.kubelet.source;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcChannel;
import io.jubernetes.kubelet.rpc.RpcTls;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Static pods from a manifest that is the value of a key in etcd: read once, then watched. While no server answers
/// the pods stay as they are, and so they do while the value is no manifest; without the key there are none.
public final class EtcdPodSource implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdPodSource.class);
    private static final int DEFAULT_PORT = 2379;
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);

    private final NodePolicies.EtcdManifest settings;
    private final String nodeName;
    private final ManifestPods pods;
    private final Clock clock;
    private final Thread thread = Thread.ofVirtual().name("static-pods-etcd").unstarted(this::run);
    private final CountDownLatch readOnce = new CountDownLatch(1);

    public EtcdPodSource(NodePolicies.EtcdManifest settings, String nodeName, PodSink sink, Clock clock) {
        this.settings = settings;
        this.nodeName = nodeName;
        this.pods = new ManifestPods(sink);
        this.clock = clock;
    }

    public void start() {
        thread.start();
    }

    /// The uids of the pods; waits until the key has been read once, or not much longer than that may take.
    public Set<String> uids() throws InterruptedException {
        var _ = readOnce.await(ANSWER.plusSeconds(1).toMillis(), TimeUnit.MILLISECONDS);
        return pods.uids();
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        int turn = 0;
        try {
            while (true) {
                String server =
                        settings.servers().get(turn++ % settings.servers().size());
                long begun = clock.millis();
                try (RpcChannel channel = connect(server)) {
                    follow(channel);
                } catch (IOException | RuntimeException e) {
                    if (Thread.currentThread().isInterrupted()) {
                        return;
                    }
                    LOG.warn("cannot follow the manifest at {} in etcd {}: {}", settings.key(), server, e.getMessage());
                }
                readOnce.countDown();
                boolean lasted = clock.millis() - begun > LONGEST_PAUSE.toMillis();
                pause = lasted ? FIRST_PAUSE : pause;
                Thread.sleep(pause.toMillis() / 2 + ThreadLocalRandom.current().nextLong(pause.toMillis() / 2));
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private RpcChannel connect(String server) throws IOException {
        URI uri = URI.create(server);
        Optional<RpcTls> tls = Optional.empty();
        if ("https".equals(uri.getScheme())) {
            List<X509Certificate> authorities = settings.caFile().isPresent()
                    ? Pem.certificates(settings.caFile().get())
                    : List.of();
            tls = Optional.of(new RpcTls(authorities, settings.certFile(), settings.keyFile()));
        }
        return RpcChannel.lasting(uri.getHost(), uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(), tls);
    }

    /// Reads the key and then whatever it becomes, until the server ends that.
    private void follow(RpcChannel channel) throws IOException {
        Message answer =
                channel.call("etcdserverpb.KV/Range", new Message().put(1, settings.key()), Deadline.in(ANSWER));
        List<Message> found = answer.messages(2);
        take(found.isEmpty() ? "" : found.getFirst().text(5));
        readOnce.countDown();
        long next = answer.message(1).number(3) + 1;
        var create = new Message().put(1, settings.key()).put(3, next);
        channel.stream("etcdserverpb.Watch/Watch", new Message().put(1, create), change -> {
            if (change.flag(4)) {
                throw new IOException("the watch was cancelled: " + change.text(6));
            }
            for (Message event : change.messages(11)) {
                // Type 1 is a deletion.
                take(event.number(1) == 1 ? "" : event.message(2).text(5));
            }
        });
    }

    private void take(String manifest) {
        try {
            List<Pod> all = manifest.isBlank()
                    ? List.of()
                    : StaticPods.readAll(
                            manifest.getBytes(StandardCharsets.UTF_8),
                            "etcd",
                            settings.key(),
                            nodeName,
                            clock.instant());
            pods.set(all);
        } catch (IOException e) {
            LOG.warn("the value of {} in etcd is no manifest: {}", settings.key(), e.getMessage());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
