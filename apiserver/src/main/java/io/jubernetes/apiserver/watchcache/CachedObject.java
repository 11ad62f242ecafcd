package io.jubernetes.apiserver.watchcache;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One object at one revision, encoded once for all its readers. Immutable but for the encodings made on the
/// way, and thread-safe. The arrays it hands out are shared: nobody may change them.
public final class CachedObject {
    private final String key;
    private final ObjectIndexer.Indexed indexed;
    private final long createRevision;
    private final long revision;
    private final byte[] json;
    private final int spliceFrom;
    private final int spliceTo;
    /// Only when the splice cannot be undone.
    private final byte @Nullable [] stored;

    private volatile @Nullable Encoding encodings;

    private CachedObject(
            String key, ObjectIndexer.Indexed indexed, long createRevision, long revision, byte[] storedJson) {
        this.key = key;
        this.indexed = indexed;
        this.createRevision = createRevision;
        this.revision = revision;
        RevisionSplice.Result spliced = RevisionSplice.splice(storedJson, revision);
        json = spliced.json();
        spliceFrom = spliced.from();
        spliceTo = spliced.to();
        stored = spliced.replaced() ? storedJson : null;
    }

    /// @throws IllegalArgumentException when `storedJson` is not a JSON object
    public static CachedObject of(
            String key, ObjectIndexer.Indexed indexed, long createRevision, long revision, byte[] storedJson) {
        return new CachedObject(key, indexed, createRevision, revision, storedJson);
    }

    /// Where it is stored.
    public String key() {
        return key;
    }

    /// Empty when cluster-scoped.
    public String namespace() {
        return indexed.namespace();
    }

    public String name() {
        return indexed.name();
    }

    /// The revision of the change that made it what it is.
    public long revision() {
        return revision;
    }

    /// The revision the key came to be at.
    public long createRevision() {
        return createRevision;
    }

    public Map<String, String> labels() {
        return indexed.labels();
    }

    public Map<String, String> fields() {
        return indexed.fields();
    }

    /// The object with `metadata.resourceVersion` in place, in the storage version.
    public byte[] json() {
        return json;
    }

    /// The object as stored, without `metadata.resourceVersion`. A copy.
    public byte[] storedJson() {
        if (stored != null) {
            return stored.clone();
        }
        byte[] bytes = Arrays.copyOf(json, json.length - (spliceTo - spliceFrom));
        System.arraycopy(json, spliceTo, bytes, spliceFrom, json.length - spliceTo);
        return bytes;
    }

    /// The same content at another revision: what a watcher is told about a deletion, or about an object that
    /// has left its selection.
    public CachedObject at(long otherRevision) {
        return new CachedObject(key, indexed, createRevision, otherRevision, storedJson());
    }

    /// Whether an encoding has been made already.
    public boolean has(String encoding) {
        return find("", encoding) != null;
    }

    /// Another encoding of the object, made at its first use and kept with it.
    ///
    /// @param encoding names it; there should be few of them
    /// @param maker called once; must not ask this object for encodings in a circle
    public byte[] encoded(String encoding, Function<CachedObject, byte[]> maker) {
        Encoding known = find("", encoding);
        return known != null ? known.bytes : make("", encoding, () -> maker.apply(this));
    }

    /// As [#encoded], for a watch event about this object; kept until [#dropFrames].
    byte[] frame(String type, String encoding, Supplier<byte[]> maker) {
        Encoding known = find(type, encoding);
        return known != null ? known.bytes : make(type, encoding, maker);
    }

    /// Forgets the encoded events, when no watcher can need them any more.
    void dropFrames() {
        if (encodings == null) {
            return;
        }
        synchronized (this) {
            Encoding kept = null;
            for (Encoding each = encodings; each != null; each = each.next) {
                if (each.type.isEmpty()) {
                    kept = new Encoding(each.type, each.name, each.bytes, kept);
                }
            }
            encodings = kept;
        }
    }

    private synchronized byte[] make(String type, String name, Supplier<byte[]> maker) {
        Encoding known = find(type, name);
        if (known != null) {
            return known.bytes; // another thread made it meanwhile
        }
        byte[] bytes = maker.get();
        encodings = new Encoding(type, name, bytes, encodings);
        return bytes;
    }

    private @Nullable Encoding find(String type, String name) {
        for (Encoding each = encodings; each != null; each = each.next) {
            if (each.name.equals(name) && each.type.equals(type)) {
                return each;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return key + "@" + revision;
    }

    /// A list of a few, immutable, so that looking something up takes no lock.
    ///
    /// @param type of the event it frames; empty for the object itself
    private record Encoding(
            String type,
            String name,
            byte[] bytes,
            @Nullable Encoding next) {}
}
