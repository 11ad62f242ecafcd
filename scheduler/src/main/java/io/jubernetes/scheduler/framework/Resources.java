package io.jubernetes.scheduler.framework;

import io.jubernetes.common.meta.Quantity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Gives each resource a number, so that amounts can be kept in arrays. Numbers are never taken back: a cluster
/// has a handful of resources. Written by the scheduling thread and readable by all.
public final class Resources {
    public static final int CPU = 0;
    public static final int MEMORY = 1;
    public static final int EPHEMERAL_STORAGE = 2;
    public static final int PODS = 3;

    private static final long LIMIT = 1L << 50;

    private final Map<String, Integer> numbers = Collections.synchronizedMap(new HashMap<>());
    private final List<String> names = Collections.synchronizedList(new ArrayList<>());

    public Resources() {
        for (String name : List.of("cpu", "memory", "ephemeral-storage", "pods")) {
            int _ = number(name);
        }
    }

    public int number(String name) {
        return numbers.computeIfAbsent(name, _ -> {
            names.add(name);
            return names.size() - 1;
        });
    }

    public String name(int number) {
        return names.get(number);
    }

    public int count() {
        return names.size();
    }

    /// An amount in the unit that is counted: thousandths for CPU, bytes or pieces for all else. Unreadable and
    /// negative amounts count as nothing; the API server refuses them. Amounts above 2^50 are cut to that, so that
    /// the sum of a node's pods cannot overflow.
    public static long amount(int number, io.fabric8.kubernetes.api.model.Quantity quantity) {
        Quantity exact = Quantity.tryParse(quantity.toString()).orElse(Quantity.ZERO);
        return Math.clamp(number == CPU ? exact.toMilli() : exact.toLong(), 0, LIMIT);
    }
}
