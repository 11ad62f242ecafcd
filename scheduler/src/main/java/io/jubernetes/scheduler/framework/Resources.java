package io.jubernetes.scheduler.framework;

import io.jubernetes.common.meta.Quantity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Gives each resource a number, so that amounts can be kept in arrays. Numbers are never taken back: a cluster
/// has a handful of resources. Written by the scheduling thread and readable by all.
public final class Resources {
    public static final int CPU = 0;
    public static final int MEMORY = 1;
    public static final int EPHEMERAL_STORAGE = 2;
    public static final int PODS = 3;

    private static final long LIMIT = 1L << 50;

    /// The same few amounts come again and again, and reading one exactly costs more than finding it.
    private static final int MAX_KNOWN = 4096;

    private static final Map<String, Long> MILLIS = new ConcurrentHashMap<>();
    private static final Map<String, Long> WHOLES = new ConcurrentHashMap<>();

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
        String text = quantity.toString();
        Map<String, Long> known = number == CPU ? MILLIS : WHOLES;
        Long amount = known.get(text);
        if (amount == null) {
            amount = parse(number, text);
            if (known.size() < MAX_KNOWN) {
                known.put(text, amount);
            }
        }
        return amount;
    }

    private static long parse(int number, String text) {
        Quantity exact = Quantity.tryParse(text).orElse(Quantity.ZERO);
        return Math.clamp(number == CPU ? exact.toMilli() : exact.toLong(), 0, LIMIT);
    }
}
