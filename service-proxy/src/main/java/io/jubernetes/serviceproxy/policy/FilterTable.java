package io.jubernetes.serviceproxy.policy;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Everything that should be in the table: hooked chains, chains, sets and verdict maps. Immutable.
///
/// @param hooks the chains where packets come in, with their place
/// @param chains rules by chain
/// @param sets sets and maps by name
record FilterTable(
        SortedMap<String, String> hooks, SortedMap<String, List<String>> chains, SortedMap<String, NamedSet> sets) {
    /// No table at all.
    static final FilterTable NONE = new FilterTable(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    /// A set, or a map to verdicts.
    ///
    /// @param type as nft declares it, for instance `ipv4_addr : verdict`
    /// @param elements keys to verdicts, which are empty in a set
    record NamedSet(String type, SortedMap<String, String> elements) {
        NamedSet {
            elements = Collections.unmodifiableSortedMap(new TreeMap<>(elements));
        }

        boolean isMap() {
            return type.contains(" : ");
        }
    }

    FilterTable {
        hooks = Collections.unmodifiableSortedMap(new TreeMap<>(hooks));
        chains = Collections.unmodifiableSortedMap(new TreeMap<>(chains));
        sets = Collections.unmodifiableSortedMap(new TreeMap<>(sets));
    }

    /// Collects a table's content.
    static final class Builder {
        private final SortedMap<String, String> hooks = new TreeMap<>();
        private final SortedMap<String, List<String>> chains = new TreeMap<>();
        private final Map<String, String> types = new HashMap<>();
        private final SortedMap<String, SortedMap<String, String>> elements = new TreeMap<>();

        /// Adds a chain, hooked when `hook` is not empty; one of the same name is replaced.
        void chain(String name, String hook, List<String> rules) {
            chains.put(name, List.copyOf(rules));
            if (!hook.isEmpty()) {
                hooks.put(name, hook);
            }
        }

        /// Adds an element and, with its first one, the set.
        void element(String set, String type, String key, String verdict) {
            types.put(set, type);
            elements.computeIfAbsent(set, _ -> new TreeMap<>()).put(key, verdict);
        }

        boolean hasSet(String name) {
            return elements.containsKey(name);
        }

        FilterTable build() {
            var sets = new TreeMap<String, NamedSet>();
            types.forEach(
                    (name, type) -> sets.put(name, new NamedSet(type, elements.getOrDefault(name, new TreeMap<>()))));
            return new FilterTable(hooks, chains, sets);
        }
    }

    boolean isEmpty() {
        return hooks.isEmpty();
    }

    /// How many rules each chain has.
    Map<String, Integer> ruleCounts() {
        Map<String, Integer> counts = new HashMap<>();
        chains.forEach((name, rules) -> counts.put(name, rules.size()));
        return counts;
    }

    /// How many elements each set and map has.
    Map<String, Integer> elementCounts() {
        Map<String, Integer> counts = new HashMap<>();
        sets.forEach((name, set) -> counts.put(name, set.elements().size()));
        return counts;
    }

    /// The input for nft that replaces a table in whatever state by this one, or removes it when this one is empty.
    String replacing(String table) {
        String start = "add table inet " + table + "\ndelete table inet " + table + "\n";
        return isEmpty() ? start : start + "add table inet " + table + "\n" + since(NONE, table);
    }

    /// The input for nft that leads from an earlier state of an existing table to this one; empty when nothing changed.
    String since(FilterTable before, String table) {
        var writer = new Writer(table);
        writer.write(before);
        return writer.text.toString();
    }

    /// Writes a transaction. Names are made before they are used and removed after their last use is gone.
    private final class Writer {
        private final StringBuilder text = new StringBuilder(256);
        private final String table;

        private Writer(String table) {
            this.table = table;
        }

        private void write(FilterTable before) {
            // A set whose type changed would need another name; types follow from names here.
            sets.forEach((name, set) -> {
                if (!before.sets.containsKey(name)) {
                    line("add " + (set.isMap() ? "map " : "set "), name, " { type " + set.type() + "; }");
                }
            });
            chains.keySet().stream()
                    .filter(name -> !before.chains.containsKey(name))
                    .forEach(name ->
                            line("add chain ", name, hooks.containsKey(name) ? " { " + hooks.get(name) + " }" : ""));
            before.chains.forEach((name, rules) -> {
                if (!rules.equals(chains.get(name))) {
                    line("flush chain ", name, "");
                }
            });
            before.sets.forEach((name, old) -> elements("delete element ", name, old, sets.get(name)));
            sets.forEach((name, set) -> elements("add element ", name, set, before.sets.get(name)));
            chains.forEach((name, rules) -> {
                if (!rules.equals(before.chains.get(name))) {
                    rules.forEach(rule -> line("add rule ", name, " " + rule));
                }
            });
            before.chains.keySet().stream()
                    .filter(name -> !chains.containsKey(name))
                    .forEach(name -> line("delete chain ", name, ""));
            before.sets.forEach((name, old) -> {
                if (!sets.containsKey(name)) {
                    line(old.isMap() ? "delete map " : "delete set ", name, "");
                }
            });
        }

        /// The elements of one set that another does not have, or has with another verdict.
        private void elements(String verb, String name, NamedSet these, @Nullable NamedSet others) {
            Map<String, String> chosen = new LinkedHashMap<>(these.elements());
            if (others != null) {
                chosen.entrySet()
                        .removeIf(each -> Objects.equals(others.elements().get(each.getKey()), each.getValue()));
            }
            if (chosen.isEmpty()) {
                return;
            }
            boolean whole = verb.startsWith("add") && these.isMap();
            List<String> written = chosen.entrySet().stream()
                    .map(each -> each.getKey() + (whole ? " : " + each.getValue() : ""))
                    .toList();
            line(verb, name, " { " + String.join(", ", written) + " }");
        }

        private void line(String verb, String name, String rest) {
            text.append(verb)
                    .append("inet ")
                    .append(table)
                    .append(' ')
                    .append(name)
                    .append(rest)
                    .append('\n');
        }
    }
}
