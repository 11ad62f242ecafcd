package io.jubernetes.apiserver.registry.core.allocation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.math.BigInteger;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/// The ports of `--service-node-port-range` and which of them are given out: one object in the store, in the form
/// upstream keeps it, changed by compare-and-set so that any number of API servers may share it. Thread-safe.
final class NodePortStock {
    private static final String NAME = "servicenodeports";
    private static final int MAX_ATTEMPTS = 64;
    private static final int MAX_RESERVED = 128;
    private static final long LONGEST_WAIT_NANOS = 20_000_000;

    private final ObjectStorage storage;
    private final ApiResource ranges;
    private final int first;
    private final int last;

    /// @param storageRoot the start of all keys, such as `/registry`
    NodePortStock(ObjectStorage storage, String storageRoot, int first, int last) {
        this.storage = storage;
        this.first = first;
        this.last = last;
        ranges = new ApiResource(
                "",
                "v1",
                "rangeallocations",
                "rangeallocation",
                "RangeAllocation",
                "RangeAllocationList",
                false,
                Set.of(),
                List.of(),
                List.of(),
                Map.of(),
                storageRoot + "/ranges/",
                BuiltinTypes.get().require("core.v1.ConfigMap"),
                Strategy.NONE);
    }

    /// Whether a port can be given out at all.
    boolean contains(int port) {
        return port >= first && port <= last;
    }

    String range() {
        return first + "-" + last;
    }

    /// Changes the set of given-out ports; may be asked several times.
    @FunctionalInterface
    private interface Change {
        /// @return what to store; empty to leave it
        Optional<BigInteger> apply(BigInteger taken);
    }

    /// Takes a port.
    ///
    /// @return false when it is taken already
    boolean take(int port, Deadline deadline) {
        int bit = port - first;
        return change(taken -> taken.testBit(bit) ? Optional.empty() : Optional.of(taken.setBit(bit)), deadline);
    }

    /// Takes any free port; empty when all are taken.
    Optional<Integer> takeAny(Deadline deadline) {
        int[] chosen = {-1};
        boolean done = change(
                taken -> {
                    chosen[0] = free(taken);
                    return chosen[0] < 0 ? Optional.empty() : Optional.of(taken.setBit(chosen[0]));
                },
                deadline);
        return done ? Optional.of(first + chosen[0]) : Optional.empty();
    }

    /// Ports given out freely come from the upper part, so that the lower stays free for those asked for by number.
    private int free(BigInteger taken) {
        int count = last - first + 1;
        int reserved = count < 16 ? 0 : Math.min(Math.max(16, count / 32), MAX_RESERVED);
        int found = scan(taken, reserved, count - reserved);
        return found >= 0 ? found : scan(taken, 0, reserved);
    }

    private static int scan(BigInteger taken, int from, int count) {
        if (count <= 0) {
            return -1;
        }
        int start = ThreadLocalRandom.current().nextInt(count);
        for (int i = 0; i < count; i++) {
            int bit = from + (start + i) % count;
            if (!taken.testBit(bit)) {
                return bit;
            }
        }
        return -1;
    }

    /// Gives a port back.
    void release(int port, Deadline deadline) {
        if (contains(port)) {
            int bit = port - first;
            change(taken -> taken.testBit(bit) ? Optional.of(taken.clearBit(bit)) : Optional.empty(), deadline);
        }
    }

    /// Marks ports that are in use and gives back those that were not for several repairs in a row: a port that is just
    /// being taken is in no stored Service yet.
    ///
    /// @param used all ports of stored Services
    /// @param unused how many repairs have found a given-out port unused, by port; brought up to date
    /// @param patience after how many repairs an unused port is given back
    void repair(Set<Integer> used, Map<Integer, Integer> unused, int patience, Deadline deadline) {
        Map<Integer, Integer> counted = new HashMap<>();
        change(
                taken -> {
                    counted.clear();
                    BigInteger next = BigInteger.ZERO;
                    for (int port : used) {
                        if (contains(port)) {
                            next = next.setBit(port - first);
                        }
                    }
                    for (int bit = 0; bit < taken.bitLength(); bit++) {
                        int rounds = unused.getOrDefault(first + bit, 0) + 1;
                        if (taken.testBit(bit) && !next.testBit(bit) && rounds < patience) {
                            counted.put(first + bit, rounds);
                            next = next.setBit(bit);
                        }
                    }
                    return next.equals(taken) ? Optional.empty() : Optional.of(next);
                },
                deadline);
        unused.clear();
        unused.putAll(counted);
    }

    private boolean change(Change change, Deadline deadline) {
        for (int attempt = 0; attempt < MAX_ATTEMPTS && !deadline.isOver(); attempt++) {
            Optional<Loaded> present = storage.latest(ranges, "", NAME, deadline);
            BigInteger taken = present.map(loaded -> taken(loaded.object())).orElse(BigInteger.ZERO);
            Optional<BigInteger> next = change.apply(taken);
            if (next.isEmpty()) {
                return false;
            }
            ObjectNode object = object(next.get());
            boolean written = present.isPresent()
                    ? storage.update(ranges, object, present.get().revision(), null, deadline)
                            .done()
                    : storage.create(ranges, object, null, deadline).done();
            if (written) {
                return true;
            }
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(LONGEST_WAIT_NANOS));
        }
        throw ApiException.unavailable("the node ports change faster than one can be taken");
    }

    private BigInteger taken(ObjectNode object) {
        if (!object.path("range").asText("").equals(range())) {
            // Another range was served before; its numbers mean nothing here, and the repair finds those in use.
            return BigInteger.ZERO;
        }
        byte[] data = Base64.getDecoder().decode(object.path("data").asText(""));
        return new BigInteger(1, data);
    }

    private ObjectNode object(BigInteger taken) {
        ObjectNode object = Json.object();
        object.put("kind", "RangeAllocation").put("apiVersion", "v1");
        Meta.of(object).put("name", NAME);
        object.put("range", range());
        object.put("data", Base64.getEncoder().encodeToString(taken.toByteArray()));
        return object;
    }
}
