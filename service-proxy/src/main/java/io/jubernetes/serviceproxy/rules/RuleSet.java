package io.jubernetes.serviceproxy.rules;

import io.jubernetes.common.meta.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The rules of all Services at one moment. Immutable; the next moment's set is made by [#with] and shares what did not
/// change: Services are spread over buckets, of which only those that a change touches are made anew, and only those
/// are
/// looked at for a difference. So the cost of a change does not grow with the number of Services.
public final class RuleSet {
    private static final int BUCKETS = 1024;
    public static final RuleSet EMPTY = new RuleSet(Collections.nCopies(BUCKETS, Map.of()), 0);

    private final List<Map<ObjectKey, List<ServiceRule>>> buckets;
    private final int size;

    private RuleSet(List<Map<ObjectKey, List<ServiceRule>>> buckets, int size) {
        this.buckets = buckets;
        this.size = size;
    }

    private static int bucket(ObjectKey service) {
        return Math.floorMod(service.hashCode(), BUCKETS);
    }

    /// What has to be taken back and what has to be put in force to get from one set to another. A rule that changed is
    /// in both lists.
    public record Difference(List<ServiceRule> removed, List<ServiceRule> added) {
        public Difference {
            removed = List.copyOf(removed);
            added = List.copyOf(added);
        }

        public boolean isEmpty() {
            return removed.isEmpty() && added.isEmpty();
        }
    }

    /// The set in which some Services have other rules.
    ///
    /// @param changes a Service's new rules, an empty list when it has none any more
    public RuleSet with(Map<ObjectKey, List<ServiceRule>> changes) {
        var next = new ArrayList<>(buckets);
        Map<Integer, Map<ObjectKey, List<ServiceRule>>> touched = new HashMap<>();
        int count = size;
        for (var change : changes.entrySet()) {
            var bucket = touched.computeIfAbsent(bucket(change.getKey()), number -> new HashMap<>(buckets.get(number)));
            List<ServiceRule> before = change.getValue().isEmpty()
                    ? bucket.remove(change.getKey())
                    : bucket.put(change.getKey(), List.copyOf(change.getValue()));
            count += change.getValue().size() - (before == null ? 0 : before.size());
        }
        touched.forEach((number, bucket) -> next.set(number, Collections.unmodifiableMap(bucket)));
        return new RuleSet(next, count);
    }

    /// The difference from an earlier set to this one.
    @SuppressWarnings("ReferenceEquality") // sets share the buckets that did not change
    public Difference since(RuleSet before) {
        var removed = new ArrayList<ServiceRule>();
        var added = new ArrayList<ServiceRule>();
        for (int i = 0; i < BUCKETS; i++) {
            Map<ObjectKey, List<ServiceRule>> old = before.buckets.get(i);
            Map<ObjectKey, List<ServiceRule>> now = buckets.get(i);
            if (old != now) {
                old.forEach((key, rules) -> collect(rules, now.getOrDefault(key, List.of()), removed));
                now.forEach((key, rules) -> collect(rules, old.getOrDefault(key, List.of()), added));
            }
        }
        return new Difference(removed, added);
    }

    private static void collect(List<ServiceRule> these, List<ServiceRule> butNot, List<ServiceRule> into) {
        if (these.equals(butNot)) {
            return;
        }
        Set<ServiceRule> known = new HashSet<>(butNot);
        these.stream().filter(rule -> !known.contains(rule)).forEach(into::add);
    }

    /// A Service's rules, empty when it has none.
    public List<ServiceRule> of(ObjectKey service) {
        return buckets.get(bucket(service)).getOrDefault(service, List.of());
    }

    /// All rules, grouped by Service, in no order.
    public Collection<List<ServiceRule>> all() {
        return buckets.stream().flatMap(bucket -> bucket.values().stream()).toList();
    }

    /// The number of rules.
    public int size() {
        return size;
    }
}
