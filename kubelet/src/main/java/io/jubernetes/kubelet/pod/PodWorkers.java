package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All pods of this node. Told by the sources which pods there shall be, by the runtime and the probes which
/// have changed. Thread-safe.
public final class PodWorkers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PodWorkers.class);

    private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
    private volatile @Nullable PodTools tools;
    private volatile Consumer<String> ended = _ -> {};
    private volatile boolean closed;

    /// Gives the workers what they work with; to be called once before the first pod.
    public void begin(PodTools tools) {
        this.tools = tools;
    }

    private PodTools tools() {
        PodTools known = tools;
        if (known == null) {
            throw new IllegalStateException("not begun");
        }
        return known;
    }

    /// Names who is told the uid of each pod that is gone from its source and of which nothing is left.
    public void onEnd(Consumer<String> listener) {
        ended = listener;
    }

    /// A pod is new or has changed.
    public void set(Pod pod) {
        PodTools with = tools();
        if (closed) {
            return;
        }
        String uid = pod.getMetadata().getUid();
        workers.compute(uid, (_, known) -> {
            if (known != null) {
                known.update(pod);
                return known;
            }
            var worker = new PodWorker(with, pod, () -> {
                workers.remove(uid);
                ended.accept(uid);
            });
            worker.start();
            return worker;
        });
    }

    /// A pod is gone from its source.
    public void remove(String uid) {
        PodWorker worker = workers.get(uid);
        if (worker != null) {
            worker.gone();
        }
    }

    /// Ends a pod as failed because the node has to.
    public void evict(String uid, PodEviction eviction) {
        PodWorker worker = workers.get(uid);
        if (worker != null) {
            worker.evict(eviction);
        }
    }

    /// Something of a pod has changed on this node.
    public void wake(String uid) {
        PodWorker worker = workers.get(uid);
        if (worker != null) {
            worker.wake();
        }
    }

    /// The pods as last seen from their source.
    public List<Pod> pods() {
        return workers.values().stream().map(PodWorker::pod).toList();
    }

    /// A pod by name.
    public Optional<Pod> find(String namespace, String name) {
        return pods().stream()
                .filter(pod -> pod.getMetadata().getNamespace().equals(namespace)
                        && pod.getMetadata().getName().equals(name))
                .findFirst();
    }

    /// Removes what is on the node of pods that no source has. To be called only when all sources have told
    /// all they have.
    ///
    /// @param wanted the uids of all pods of the sources
    public void removeOrphans(Collection<String> wanted) {
        PodTools with = tools();
        Set<String> orphans = new HashSet<>(with.states().podUids());
        try {
            orphans.addAll(with.directories().pods());
        } catch (IOException e) {
            LOG.warn("cannot list the pods' directories: {}", e.toString());
        }
        orphans.addAll(with.claims().podUids());
        orphans.removeAll(wanted);
        orphans.removeAll(workers.keySet());
        for (String uid : orphans) {
            Thread.ofVirtual().name("orphan-" + uid).start(() -> removeOrphan(with, uid));
        }
    }

    private static void removeOrphan(PodTools with, String uid) {
        LOG.info("removing what is left of pod {}, which is gone", uid);
        PodState state = with.states().get(uid);
        try {
            for (ContainerInfo container : state.all()) {
                if (container.running() && !container.sandbox()) {
                    with.runtime().stopContainer(container.id(), java.time.Duration.ofSeconds(2));
                }
            }
            with.claims().unprepare(uid);
            new Terminator(with).removeAll(state);
            with.cgroups().remove(uid);
            with.volumes().tearDown(uid);
        } catch (RuntimeFailure | IOException e) {
            LOG.warn("cannot remove what is left of pod {}: {}", uid, e.getMessage());
        }
    }

    /// Ends the workers; the pods go on.
    @Override
    public void close() {
        closed = true;
        workers.values().forEach(PodWorker::abandon);
    }
}
