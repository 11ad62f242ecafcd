package io.jubernetes.controllermanager.garbagecollector;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Who owns whom, by uid. An owner that was named but never seen stands in it as a virtual node until it is seen
/// or found to be absent. Every change says which objects should be looked at. Thread-safe; answers are copies.
final class OwnerGraph {
    /// An owner reference.
    record Owner(String apiVersion, String kind, String name, String uid, boolean blocks) {}

    /// An object as the graph knows it.
    ///
    /// @param isVirtual named as an owner, not seen itself
    /// @param deleting has a deletion time
    /// @param deletingDependents is being deleted in the foreground
    /// @param orphaning is being deleted and leaves its dependents
    record Entry(
            String apiVersion,
            String kind,
            String namespace,
            String name,
            String uid,
            List<Owner> owners,
            boolean isVirtual,
            boolean deleting,
            boolean deletingDependents,
            boolean orphaning) {
        Entry {
            owners = List.copyOf(owners);
        }

        @Override
        public String toString() {
            return kind + " " + (namespace.isEmpty() ? "" : namespace + "/") + name;
        }
    }

    private static final class Node {
        Entry entry;
        /// Dependents in the order they appeared.
        final Set<String> dependents = new LinkedHashSet<>();

        Node(Entry entry) {
            this.entry = entry;
        }
    }

    @GuardedBy("this")
    private final Map<String, Node> nodes = new HashMap<>();

    private final Consumer<String> toDelete;
    private final Consumer<String> toOrphan;

    /// @param toDelete is given the uids of objects that may have to be deleted or let go
    /// @param toOrphan is given the uids of owners that are to lose their dependents
    OwnerGraph(Consumer<String> toDelete, Consumer<String> toOrphan) {
        this.toDelete = toDelete;
        this.toOrphan = toOrphan;
    }

    /// An object was seen.
    void put(Entry entry) {
        var delete = new ArrayList<String>();
        var orphan = new ArrayList<String>();
        synchronized (this) {
            Node node = nodes.get(entry.uid());
            Entry before = node == null ? null : node.entry;
            if (node == null) {
                node = new Node(entry);
                nodes.put(entry.uid(), node);
            } else {
                node.entry = entry;
            }
            boolean isNew = before == null || before.isVirtual();
            link(entry, isNew || before == null ? List.of() : before.owners(), delete);
            if (before != null
                    && !before.isVirtual()
                    && before.owners().stream().anyMatch(Owner::blocks)) {
                unblock(before.owners(), entry.owners(), delete);
            }
            if (entry.deletingDependents() && (isNew || !wasDeletingDependents(before))) {
                delete.addAll(node.dependents);
                delete.add(entry.uid());
            }
            if (entry.orphaning() && (isNew || !wasOrphaning(before))) {
                orphan.add(entry.uid());
            }
        }
        delete.forEach(toDelete);
        orphan.forEach(toOrphan);
    }

    private static boolean wasDeletingDependents(@org.jspecify.annotations.Nullable Entry before) {
        return before != null && before.deletingDependents();
    }

    private static boolean wasOrphaning(@org.jspecify.annotations.Nullable Entry before) {
        return before != null && before.orphaning();
    }

    @GuardedBy("this")
    private void link(Entry entry, List<Owner> before, List<String> delete) {
        for (Owner old : before) {
            if (entry.owners().stream().noneMatch(owner -> owner.uid().equals(old.uid()))) {
                detach(old.uid(), entry.uid());
            }
        }
        for (Owner owner : entry.owners()) {
            Node there = nodes.get(owner.uid());
            if (there == null) {
                // Taken for being in the dependent's namespace; whether it exists is looked up.
                there = new Node(new Entry(
                        owner.apiVersion(),
                        owner.kind(),
                        entry.namespace(),
                        owner.name(),
                        owner.uid(),
                        List.of(),
                        true,
                        false,
                        false,
                        false));
                nodes.put(owner.uid(), there);
                delete.add(owner.uid());
            } else if (there.entry.deletingDependents() && !there.dependents.contains(entry.uid())) {
                delete.add(entry.uid());
            }
            boolean misnamed = !there.entry.isVirtual() && !matches(owner, there.entry, entry.namespace());
            if (misnamed) {
                // The uid exists but not under that name: the reference is to nothing, and shown to be so by a
                // look.
                delete.add(entry.uid());
            }
            there.dependents.add(entry.uid());
        }
    }

    private static boolean matches(Owner owner, Entry there, String dependentNamespace) {
        return owner.kind().equals(there.kind())
                && owner.name().equals(there.name())
                && (there.namespace().isEmpty() || there.namespace().equals(dependentNamespace));
    }

    /// An owner deleted in the foreground waits only for dependents that block it.
    @GuardedBy("this")
    private void unblock(List<Owner> before, List<Owner> after, List<String> delete) {
        for (Owner old : before) {
            boolean stillBlocks = after.stream().anyMatch(owner -> owner.uid().equals(old.uid()) && owner.blocks());
            Node owner = nodes.get(old.uid());
            if (old.blocks() && !stillBlocks && owner != null && owner.entry.deletingDependents()) {
                delete.add(old.uid());
            }
        }
    }

    @GuardedBy("this")
    private void detach(String owner, String dependent) {
        Node node = nodes.get(owner);
        if (node != null) {
            node.dependents.remove(dependent);
            if (node.entry.isVirtual() && node.dependents.isEmpty()) {
                nodes.remove(owner);
            }
        }
    }

    /// An object is gone, or a virtual one was found to be absent.
    void remove(String uid) {
        var delete = new ArrayList<String>();
        synchronized (this) {
            Node node = nodes.remove(uid);
            if (node == null) {
                return;
            }
            delete.addAll(node.dependents);
            if (!node.dependents.isEmpty()) {
                // Its dependents still name it: it goes on as what it was, a name.
                var absent = new Node(new Entry(
                        node.entry.apiVersion(),
                        node.entry.kind(),
                        node.entry.namespace(),
                        node.entry.name(),
                        uid,
                        List.of(),
                        true,
                        false,
                        false,
                        false));
                absent.dependents.addAll(node.dependents);
                nodes.put(uid, absent);
            }
            for (Owner owner : node.entry.owners()) {
                Node there = nodes.get(owner.uid());
                detach(owner.uid(), uid);
                if (there != null && there.entry.deletingDependents()) {
                    delete.add(owner.uid());
                }
            }
        }
        delete.forEach(toDelete);
    }

    synchronized Optional<Entry> find(String uid) {
        return Optional.ofNullable(nodes.get(uid)).map(node -> node.entry);
    }

    synchronized List<Entry> dependents(String uid) {
        Node node = nodes.get(uid);
        if (node == null) {
            return List.of();
        }
        var entries = new ArrayList<Entry>();
        for (String dependent : node.dependents) {
            Node there = nodes.get(dependent);
            if (there != null) {
                entries.add(there.entry);
            }
        }
        return entries;
    }

    synchronized int size() {
        return nodes.size();
    }
}
