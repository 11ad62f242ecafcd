package io.jubernetes.kubelet.pod;

import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerPhase;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.ListedContainer;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.RuntimeListener;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A copy of the runtime's containers, kept current by its events, by looking again now and then, and by
/// whoever changes something himself. A container is asked for only when it is new or has passed into another
/// phase. Thread-safe.
public final class PodStates implements RuntimeListener {
    private static final Logger LOG = LoggerFactory.getLogger(PodStates.class);

    private final ContainerRuntime runtime;
    private final TerminationMessages messages;
    private final Consumer<String> changed;
    /// By pod uid; each inner map is guarded by itself.
    private final Map<String, Entry> pods = new ConcurrentHashMap<>();

    private static final class Entry {
        private final Map<String, ContainerInfo> containers = new HashMap<>();
        private final Map<String, String> messages = new HashMap<>();
    }

    /// @param changed called with a pod's uid when something of it changed
    public PodStates(ContainerRuntime runtime, TerminationMessages messages, Consumer<String> changed) {
        this.runtime = runtime;
        this.messages = messages;
        this.changed = changed;
    }

    /// The state of a pod.
    public PodState get(String podUid) {
        Entry entry = pods.get(podUid);
        if (entry == null) {
            return PodState.EMPTY;
        }
        synchronized (entry) {
            return PodState.of(entry.containers.values(), entry.messages);
        }
    }

    /// The pods that have containers here.
    public Set<String> podUids() {
        return Set.copyOf(pods.keySet());
    }

    /// Asks for one container again, and returns it.
    ContainerInfo refresh(String id) throws RuntimeFailure {
        ContainerInfo info = runtime.inspect(id);
        note(info);
        return info;
    }

    /// Notes what is known of a container. Phases never go back, so a late answer changes nothing.
    void note(ContainerInfo info) {
        Entry entry = pods.computeIfAbsent(info.pod().uid(), _ -> new Entry());
        String message = info.exited() && !info.sandbox() ? messages.read(info) : "";
        synchronized (entry) {
            ContainerInfo known = entry.containers.get(info.id());
            if (known == null || known.phase().compareTo(info.phase()) <= 0) {
                entry.containers.put(info.id(), info);
                if (!message.isEmpty()) {
                    entry.messages.put(info.id(), message);
                }
            }
        }
    }

    /// Forgets a removed container.
    void removed(String podUid, String id) {
        Entry entry = pods.get(podUid);
        if (entry != null) {
            synchronized (entry) {
                entry.containers.remove(id);
                entry.messages.remove(id);
                if (entry.containers.isEmpty()) {
                    pods.remove(podUid, entry);
                }
            }
        }
    }

    private @Nullable ContainerPhase phase(String podUid, String id) {
        Entry entry = pods.get(podUid);
        if (entry == null) {
            return null;
        }
        synchronized (entry) {
            ContainerInfo known = entry.containers.get(id);
            return known == null ? null : known.phase();
        }
    }

    @Override
    public void changed(String podUid, String containerId, Change change) {
        try {
            switch (change) {
                case STARTED -> {
                    ContainerPhase known = phase(podUid, containerId);
                    if (known == null || known == ContainerPhase.CREATED) {
                        refresh(containerId);
                        changed.accept(podUid);
                    }
                }
                case DIED -> {
                    refresh(containerId);
                    changed.accept(podUid);
                }
                case REMOVED -> {
                    if (phase(podUid, containerId) != null) {
                        removed(podUid, containerId);
                        changed.accept(podUid);
                    }
                }
            }
        } catch (RuntimeFailure.NotFound e) {
            removed(podUid, containerId);
            changed.accept(podUid);
        } catch (RuntimeFailure e) {
            LOG.warn("cannot look at container {}: {}", containerId, e.getMessage());
        }
    }

    @Override
    public void missed() {
        try {
            relist();
        } catch (RuntimeFailure e) {
            LOG.warn("cannot list the containers: {}", e.getMessage());
        }
    }

    /// Looks at everything again.
    public void relist() throws RuntimeFailure {
        Set<String> dirty = new HashSet<>();
        Set<String> seen = new HashSet<>();
        Set<String> before = new HashSet<>();
        pods.forEach((_, entry) -> {
            synchronized (entry) {
                before.addAll(entry.containers.keySet());
            }
        });
        for (ListedContainer listed : runtime.list()) {
            seen.add(listed.id());
            if (phase(listed.podUid(), listed.id()) != listed.phase()) {
                try {
                    ContainerPhase known = phase(listed.podUid(), listed.id());
                    if (refresh(listed.id()).phase() != known) {
                        dirty.add(listed.podUid());
                    }
                } catch (RuntimeFailure.NotFound e) {
                    seen.remove(listed.id());
                }
            }
        }
        // Only what was known before the list was made can be missing from it.
        before.removeAll(seen);
        pods.forEach((uid, entry) -> {
            Set<String> gone = new HashSet<>();
            synchronized (entry) {
                entry.containers.keySet().stream().filter(before::contains).forEach(gone::add);
            }
            for (String id : gone) {
                removed(uid, id);
                dirty.add(uid);
            }
        });
        dirty.forEach(changed);
    }
}
