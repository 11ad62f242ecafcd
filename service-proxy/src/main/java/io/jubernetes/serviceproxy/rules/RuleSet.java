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
/// change.
public final class RuleSet {
    public static final RuleSet EMPTY = new RuleSet(Map.of(), 0);

    private final Map<ObjectKey, List<ServiceRule>> rules;
    private final int size;

    private RuleSet(Map<ObjectKey, List<ServiceRule>> rules, int size) {
        this.rules = Collections.unmodifiableMap(rules);
        this.size = size;
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
        Map<ObjectKey, List<ServiceRule>> next = new HashMap<>(rules);
        int count = size;
        for (var change : changes.entrySet()) {
            List<ServiceRule> before = change.getValue().isEmpty()
                    ? next.remove(change.getKey())
                    : next.put(change.getKey(), List.copyOf(change.getValue()));
            count += change.getValue().size() - (before == null ? 0 : before.size());
        }
        return new RuleSet(next, count);
    }

    /// The difference from an earlier set to this one.
    public Difference since(RuleSet before) {
        var removed = new ArrayList<ServiceRule>();
        var added = new ArrayList<ServiceRule>();
        before.rules.forEach((key, old) -> {
            List<ServiceRule> now = of(key);
            if (!now.equals(old)) { // cheap: the lists of unchanged Services are shared
                collect(old, now, removed);
            }
        });
        rules.forEach((key, now) -> {
            List<ServiceRule> old = before.of(key);
            if (!now.equals(old)) {
                collect(now, old, added);
            }
        });
        return new Difference(removed, added);
    }

    private static void collect(List<ServiceRule> these, List<ServiceRule> butNot, List<ServiceRule> into) {
        Set<ServiceRule> known = new HashSet<>(butNot);
        these.stream().filter(rule -> !known.contains(rule)).forEach(into::add);
    }

    /// A Service's rules, empty when it has none.
    public List<ServiceRule> of(ObjectKey service) {
        return rules.getOrDefault(service, List.of());
    }

    /// All rules, grouped by Service, in no order.
    public Collection<List<ServiceRule>> all() {
        return rules.values();
    }

    /// The number of rules.
    public int size() {
        return size;
    }
}
