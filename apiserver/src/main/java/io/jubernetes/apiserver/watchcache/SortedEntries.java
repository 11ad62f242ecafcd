package io.jubernetes.apiserver.watchcache;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// Objects sorted by key, as an immutable B+ tree: a change copies the few nodes on its path and shares all
/// others, so that every earlier tree stays valid and costs next to nothing. All leaves have the same depth.
final class SortedEntries {
    static final SortedEntries EMPTY = new SortedEntries(new Leaf(new CachedObject[0]));

    private static final int MAX = 32;
    private static final int SMALL = MAX / 4;
    private static final int MERGED = MAX * 3 / 4;

    private final Node root;

    private SortedEntries(Node root) {
        this.root = root;
    }

    /// @param sorted by key, without duplicates
    static SortedEntries ofSorted(List<CachedObject> sorted) {
        if (sorted.isEmpty()) {
            return EMPTY;
        }
        CachedObject[] all = sorted.toArray(CachedObject[]::new);
        Node[] level = new Node[(all.length + MERGED - 1) / MERGED];
        for (int i = 0; i < level.length; i++) {
            level[i] = new Leaf(Arrays.copyOfRange(all, i * MERGED, Math.min(all.length, (i + 1) * MERGED)));
        }
        while (level.length > 1) {
            Node[] above = new Node[(level.length + MERGED - 1) / MERGED];
            for (int i = 0; i < above.length; i++) {
                above[i] = new Inner(Arrays.copyOfRange(level, i * MERGED, Math.min(level.length, (i + 1) * MERGED)));
            }
            level = above;
        }
        return new SortedEntries(level[0]);
    }

    int size() {
        return root.size();
    }

    @Nullable
    CachedObject get(String key) {
        Node node = root;
        while (node instanceof Inner inner) {
            node = inner.children[inner.childFor(key)];
        }
        Leaf leaf = (Leaf) node;
        int i = leaf.indexOf(key);
        return i >= 0 ? leaf.entries[i] : null;
    }

    /// How many keys are less than this one.
    int rank(String key) {
        int rank = 0;
        Node node = root;
        while (node instanceof Inner inner) {
            int child = inner.childFor(key);
            for (int i = 0; i < child; i++) {
                rank += inner.children[i].size();
            }
            node = inner.children[child];
        }
        int i = ((Leaf) node).indexOf(key);
        return rank + (i >= 0 ? i : -i - 1);
    }

    SortedEntries with(CachedObject entry) {
        Node[] nodes = put(root, entry);
        return new SortedEntries(nodes.length == 1 ? nodes[0] : new Inner(nodes));
    }

    SortedEntries without(String key) {
        if (get(key) == null) {
            return this;
        }
        Node node = remove(root, key);
        while (node instanceof Inner inner && inner.children.length == 1) {
            node = inner.children[0];
        }
        return node.size() == 0 ? EMPTY : new SortedEntries(node);
    }

    /// The entries from a key on that have a prefix, in key order.
    ///
    /// @param from where to start, at the earliest at the prefix itself
    /// @param inclusive whether `from` itself may be one
    Iterator<CachedObject> walk(String prefix, String from, boolean inclusive) {
        return new Walk(root, prefix, from, inclusive);
    }

    private static Node[] put(Node node, CachedObject entry) {
        return switch (node) {
            case Leaf leaf -> {
                int i = leaf.indexOf(entry.key());
                if (i >= 0) {
                    CachedObject[] entries = leaf.entries.clone();
                    entries[i] = entry;
                    yield new Node[] {new Leaf(entries)};
                }
                CachedObject[] entries = replaced(leaf.entries, -i - 1, 0, new CachedObject[] {entry});
                yield entries.length <= MAX
                        ? new Node[] {new Leaf(entries)}
                        : new Node[] {
                            new Leaf(Arrays.copyOfRange(entries, 0, entries.length / 2)),
                            new Leaf(Arrays.copyOfRange(entries, entries.length / 2, entries.length))
                        };
            }
            case Inner inner -> {
                int i = inner.childFor(entry.key());
                Node[] children = replaced(inner.children, i, 1, put(inner.children[i], entry));
                yield children.length <= MAX
                        ? new Node[] {new Inner(children)}
                        : new Node[] {
                            new Inner(Arrays.copyOfRange(children, 0, children.length / 2)),
                            new Inner(Arrays.copyOfRange(children, children.length / 2, children.length))
                        };
            }
        };
    }

    /// @param key is there
    /// @return may have no slots left
    private static Node remove(Node node, String key) {
        return switch (node) {
            case Leaf leaf -> new Leaf(replaced(leaf.entries, leaf.indexOf(key), 1, new CachedObject[0]));
            case Inner inner -> {
                int i = inner.childFor(key);
                Node child = remove(inner.children[i], key);
                if (child.slots() == 0) {
                    yield new Inner(replaced(inner.children, i, 1, new Node[0]));
                }
                if (child.slots() < SMALL) {
                    int left = i > 0 ? i - 1 : i;
                    Node a = left == i ? child : inner.children[left];
                    Node b = left == i && i + 1 < inner.children.length ? inner.children[i + 1] : child;
                    if (a != b && a.slots() + b.slots() <= MERGED) {
                        yield new Inner(replaced(inner.children, left, 2, new Node[] {merged(a, b)}));
                    }
                }
                yield new Inner(replaced(inner.children, i, 1, new Node[] {child}));
            }
        };
    }

    private static Node merged(Node a, Node b) {
        return switch (a) {
            case Leaf leaf -> new Leaf(replaced(leaf.entries, leaf.entries.length, 0, ((Leaf) b).entries));
            case Inner inner -> new Inner(replaced(inner.children, inner.children.length, 0, ((Inner) b).children));
        };
    }

    /// A copy of the array in which `count` elements at `at` are replaced by others.
    private static <T> T[] replaced(T[] array, int at, int count, T[] others) {
        T[] copy = Arrays.copyOf(array, array.length - count + others.length);
        System.arraycopy(others, 0, copy, at, others.length);
        System.arraycopy(array, at + count, copy, at + others.length, array.length - at - count);
        return copy;
    }

    private sealed interface Node {
        /// Entries below.
        int size();

        /// Entries or children in this node itself.
        int slots();

        String firstKey();
    }

    private static final class Leaf implements Node {
        private final CachedObject[] entries;

        Leaf(CachedObject[] entries) {
            this.entries = entries;
        }

        /// As [Arrays#binarySearch].
        int indexOf(String key) {
            int low = 0;
            int high = entries.length - 1;
            while (low <= high) {
                int middle = (low + high) >>> 1;
                int order = entries[middle].key().compareTo(key);
                if (order == 0) {
                    return middle;
                }
                if (order < 0) {
                    low = middle + 1;
                } else {
                    high = middle - 1;
                }
            }
            return -low - 1;
        }

        @Override
        public int size() {
            return entries.length;
        }

        @Override
        public int slots() {
            return entries.length;
        }

        @Override
        public String firstKey() {
            return entries[0].key();
        }
    }

    private static final class Inner implements Node {
        private final Node[] children;
        private final String[] firstKeys;
        private final int size;

        Inner(Node[] children) {
            this.children = children;
            firstKeys = new String[children.length];
            int sum = 0;
            for (int i = 0; i < children.length; i++) {
                firstKeys[i] = children[i].firstKey();
                sum += children[i].size();
            }
            size = sum;
        }

        /// The child a key is in, or would be.
        int childFor(String key) {
            int i = Arrays.binarySearch(firstKeys, key);
            return i >= 0 ? i : Math.max(0, -i - 2);
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public int slots() {
            return children.length;
        }

        @Override
        public String firstKey() {
            return firstKeys[0];
        }
    }

    /// Goes from leaf to leaf; holds the way down to the present one.
    private static final class Walk implements Iterator<CachedObject> {
        private static final int MAX_DEPTH = 12; // more entries than memory could hold, with half-empty nodes

        private final String prefix;
        private final Inner[] path = new Inner[MAX_DEPTH];
        private final int[] places = new int[MAX_DEPTH];
        private int depth;
        private Leaf leaf;
        private int place;
        private @Nullable CachedObject next;

        Walk(Node root, String prefix, String from, boolean inclusive) {
            this.prefix = prefix;
            Node node = root;
            while (node instanceof Inner inner) {
                int child = inner.childFor(from);
                path[depth] = inner;
                places[depth++] = child;
                node = inner.children[child];
            }
            leaf = (Leaf) node;
            int i = leaf.indexOf(from);
            place = i < 0 ? -i - 1 : inclusive ? i : i + 1;
            advance();
        }

        private void advance() {
            CachedObject found = place < leaf.entries.length || nextLeaf() ? leaf.entries[place++] : null;
            next = found != null && found.key().startsWith(prefix) ? found : null;
        }

        private boolean nextLeaf() {
            int level = depth - 1;
            while (level >= 0 && places[level] + 1 == path[level].children.length) {
                level--;
            }
            if (level < 0) {
                return false;
            }
            Node node = path[level].children[++places[level]];
            while (node instanceof Inner inner) {
                path[++level] = inner;
                places[level] = 0;
                node = inner.children[0];
            }
            leaf = (Leaf) node;
            place = 0;
            return true;
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public CachedObject next() {
            CachedObject result = next;
            if (result == null) {
                throw new NoSuchElementException();
            }
            advance();
            return result;
        }
    }
}
