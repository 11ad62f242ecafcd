package io.jubernetes.systemtests.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.jubernetes.systemtests.LocalCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/// Writes without end and an informer that watches, through one address; and what has to be true afterwards.
final class SteadyLoad implements AutoCloseable {
    private static final String NAMESPACE_PREFIX = "load-";

    private final KubernetesClient client;
    private final String namespace;
    private final SharedIndexInformer<ConfigMap> informer;
    private final Map<String, Integer> added = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> acknowledged = new ConcurrentLinkedQueue<>();
    private final AtomicInteger failures = new AtomicInteger();
    private final Thread writer = Thread.ofVirtual().name("steady-load").unstarted(this::write);
    private volatile Duration longestGap = Duration.ZERO;
    private volatile boolean ending;

    private SteadyLoad(KubernetesClient client) {
        this.client = client;
        namespace = client.namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withGenerateName(NAMESPACE_PREFIX)
                        .endMetadata()
                        .build())
                .create()
                .getMetadata()
                .getName();
        informer = client.configMaps().inNamespace(namespace).inform(new ResourceEventHandler<>() {
            @Override
            public void onAdd(ConfigMap object) {
                added.merge(object.getMetadata().getName(), 1, Integer::sum);
            }

            @Override
            public void onUpdate(ConfigMap before, ConfigMap after) {}

            @Override
            public void onDelete(ConfigMap object, boolean unknown) {}
        });
    }

    /// @param client with retries of its own; closed with the load
    static SteadyLoad start(KubernetesClient client) {
        var load = new SteadyLoad(client);
        load.writer.start();
        load.awaitMore(20);
        return load;
    }

    private void write() {
        long last = System.nanoTime();
        for (int i = 0; !ending; i++) {
            String name = "map-" + i;
            ConfigMap map = new ConfigMapBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .withNamespace(namespace)
                    .endMetadata()
                    .addToData("number", Integer.toString(i))
                    .build();
            try {
                client.resource(map).create();
            } catch (KubernetesClientException e) {
                // An answer that got lost on the way back: what the retry finds is its own.
                if (e.getCode() != 409) {
                    failures.incrementAndGet();
                    continue;
                }
            }
            acknowledged.add(name);
            long now = System.nanoTime();
            if (now - last > longestGap.toNanos()) {
                longestGap = Duration.ofNanos(now - last);
            }
            last = now;
        }
    }

    /// Waits until so many more writes were acknowledged.
    void awaitMore(int count) {
        int before = acknowledged.size();
        LocalCluster.await(count + " writes").until(() -> acknowledged.size() >= before + count);
    }

    /// The longest time without an acknowledged write so far.
    Duration longestGap() {
        return longestGap;
    }

    /// Ends the writes and checks that none was lost, that no request failed in the end, and that the
    /// watcher has seen each object come once.
    void verify(KubernetesClient other) throws InterruptedException {
        ending = true;
        writer.join();
        assertThat(failures).as("requests that failed in spite of retries").hasValue(0);
        List<String> stored = other.configMaps().inNamespace(namespace).list().getItems().stream()
                .map(map -> map.getMetadata().getName())
                .toList();
        assertThat(stored).as("acknowledged writes").containsAll(acknowledged);
        LocalCluster.await("the watcher").until(() -> added.keySet().containsAll(stored));
        assertThat(added.values()).as("how often each object came").containsOnly(1);
    }

    @Override
    public void close() {
        ending = true;
        informer.close();
        client.close();
    }
}
