package io.jubernetes.apiserver.storage.encryption;

import io.jubernetes.apiserver.storage.ForwardingStore;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.storage.encryption.EncryptionConfiguration.Key;
import io.jubernetes.common.time.Deadline;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Encrypts values on their way to another store and decrypts them on their way back. What nobody has a key for is
/// left out of lists and watches, with a line in the log, and fails when it is asked for by its key. Thread-safe.
public final class EncryptingStore extends ForwardingStore {
    /// What stands for a value that cannot be read: no object at all.
    private static final byte[] UNREADABLE = {'!'};

    private final Function<String, String> resourceOf;
    private volatile EncryptionConfiguration configuration;

    /// @param resourceOf the resource of a key, such as `deployments.apps`; empty for what is no object
    public EncryptingStore(
            KeyValueStore store, EncryptionConfiguration configuration, Function<String, String> resourceOf) {
        super(store);
        this.configuration = configuration;
        this.resourceOf = resourceOf;
    }

    /// Uses other keys from now on.
    public void use(EncryptionConfiguration other) {
        configuration = other;
    }

    private Optional<List<Key>> keys(String key) {
        String resource = resourceOf.apply(key);
        return resource.isEmpty() ? Optional.empty() : configuration.keys(resource);
    }

    private static byte[] place(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    private byte[] encrypted(String key, byte[] value) {
        List<Key> keys = keys(key).orElse(List.of());
        if (keys.isEmpty()) {
            return value;
        }
        Key writing = keys.getFirst();
        try {
            byte[] body = writing.cipher().encrypt(value, place(key));
            byte[] all = Arrays.copyOf(writing.prefix(), writing.prefix().length + body.length);
            System.arraycopy(body, 0, all, writing.prefix().length, body.length);
            return all;
        } catch (GeneralSecurityException e) {
            throw new StoreException.Unreadable("the value of " + key + " cannot be encrypted", e);
        }
    }

    private byte[] decrypted(String key, byte[] value) {
        if (!EncryptionConfiguration.isEncrypted(value)) {
            // As upstream, values from before encryption are read only where identity is among the providers.
            boolean plain = keys(key)
                    .map(all -> all.stream().anyMatch(each -> each.prefix().length == 0))
                    .orElse(true);
            if (plain) {
                return value;
            }
            throw new StoreException.Unreadable(
                    "unable to transform key \"" + key + "\": no matching prefix found", null);
        }
        for (Key each : keys(key).orElse(List.of())) {
            if (each.prefix().length > 0 && each.isOf(value)) {
                try {
                    byte[] body = Arrays.copyOfRange(value, each.prefix().length, value.length);
                    return each.cipher().decrypt(body, place(key));
                } catch (GeneralSecurityException e) {
                    throw new StoreException.Unreadable(
                            "unable to transform key \"" + key + "\": its value cannot be decrypted", e);
                }
            }
        }
        throw new StoreException.Unreadable("unable to transform key \"" + key + "\": no matching prefix found", null);
    }

    private byte[] readable(String key, byte[] value) {
        try {
            return decrypted(key, value);
        } catch (StoreException.Unreadable e) {
            return UNREADABLE.clone();
        }
    }

    private Entry readable(Entry entry) {
        return new Entry(
                entry.key(), readable(entry.key(), entry.value()), entry.createRevision(), entry.modRevision());
    }

    private Outcome readable(Outcome outcome) {
        Entry current = outcome.current();
        return current == null ? outcome : new Outcome(outcome.succeeded(), outcome.revision(), readable(current));
    }

    @Override
    public Optional<Entry> get(String key, Deadline deadline) {
        return super.get(key, deadline)
                .map(entry ->
                        new Entry(key, decrypted(key, entry.value()), entry.createRevision(), entry.modRevision()));
    }

    @Override
    public boolean needsRewrite(String key, Deadline deadline) {
        Optional<List<Key>> keys = keys(key);
        return keys.isPresent()
                && super.get(key, deadline)
                        .map(entry -> {
                            byte[] prefix = keys.get().getFirst().prefix();
                            return prefix.length == 0
                                    ? EncryptionConfiguration.isEncrypted(entry.value())
                                    : !EncryptionConfiguration.startsWith(entry.value(), prefix);
                        })
                        .orElse(false);
    }

    @Override
    public Range range(String from, String to, long revision, int limit, Deadline deadline) {
        Range range = super.range(from, to, revision, limit, deadline);
        return new Range(range.entries().stream().map(this::readable).toList(), range.revision(), range.more());
    }

    @Override
    public Outcome create(String key, byte[] value, @Nullable Duration ttl, Deadline deadline) {
        return readable(super.create(key, encrypted(key, value), ttl, deadline));
    }

    @Override
    public Outcome update(String key, byte[] value, long expected, @Nullable Duration ttl, Deadline deadline) {
        return readable(super.update(key, encrypted(key, value), expected, ttl, deadline));
    }

    @Override
    public Outcome delete(String key, long expected, Deadline deadline) {
        return readable(super.delete(key, expected, deadline));
    }

    @Override
    public Watch watch(String prefix, long after, Watcher watcher) {
        return super.watch(prefix, after, new Watcher() {
            @Override
            public void onChanges(List<Change> changes, long upTo) {
                watcher.onChanges(
                        changes.stream().map(EncryptingStore.this::readable).toList(), upTo);
            }

            @Override
            public void onEnd(StoreException cause) {
                watcher.onEnd(cause);
            }
        });
    }

    private Change readable(Change change) {
        byte[] value = change.value();
        byte[] previous = change.previous();
        return new Change(
                change.revision(),
                change.key(),
                value == null ? null : readable(change.key(), value),
                previous == null ? null : readable(change.key(), previous),
                change.createRevision());
    }
}
