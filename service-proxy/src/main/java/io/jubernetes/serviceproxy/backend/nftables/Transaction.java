package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.serviceproxy.rules.IpFamily;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes input for `nft -f -`; the kernel does all of one input or nothing.
final class Transaction {
    private final StringBuilder text = new StringBuilder(256);
    private final String table;

    private Transaction(NftSettings settings, IpFamily family) {
        this.table = (family == IpFamily.IPV4 ? "ip " : "ip6 ") + settings.table();
    }

    /// What is in a table already.
    record Names(Set<String> chains, Set<String> sets) {
        static final Names NONE = new Names(Set.of(), Set.of());
    }

    /// The change of a table that is as it should be but for this change.
    static String of(NftSettings settings, IpFamily family, Programme.Change change) {
        var transaction = new Transaction(settings, family);
        transaction.items(change.removed(), change.added());
        return transaction.text.toString();
    }

    /// Writes everything into a table in whatever state, but keeps what its clients' affinity sets hold.
    static String renew(NftSettings settings, IpFamily family, Skeleton skeleton, Names there, Collection<Item> items) {
        var transaction = new Transaction(settings, family);
        transaction.renew(skeleton, family, there, items);
        return transaction.text.toString();
    }

    /// Removes the table and writes it anew.
    static String replace(NftSettings settings, IpFamily family, Skeleton skeleton, Collection<Item> items) {
        var transaction = new Transaction(settings, family);
        transaction.line("add table " + transaction.table);
        transaction.line("delete table " + transaction.table);
        transaction.renew(skeleton, family, Names.NONE, items);
        return transaction.text.toString();
    }

    private void renew(Skeleton skeleton, IpFamily family, Names there, Collection<Item> items) {
        line("add table " + table);
        there.chains().stream().sorted().forEach(chain -> line("flush chain " + table + " " + chain));
        var wantedChains = new HashSet<>(skeleton.chains().keySet());
        var wantedSets = new HashSet<String>();
        for (Container container : Container.values()) {
            wantedSets.add(container.label());
            if (there.sets().contains(container.label())) {
                line("flush " + (container.isMap() ? "map " : "set ") + table + " " + container.label());
            }
            line("add " + container.declared(family).replaceFirst(" ", " " + table + " "));
        }
        for (Item item : items) {
            switch (item) {
                case Item.Chain chain -> wantedChains.add(chain.name());
                case Item.ClientSet set -> wantedSets.add(set.name());
                case Item.Element _ -> {}
            }
        }
        there.chains().stream()
                .filter(name -> !wantedChains.contains(name))
                .sorted()
                .forEach(name -> line("delete chain " + table + " " + name));
        there.sets().stream()
                .filter(name -> !wantedSets.contains(name))
                .sorted()
                .forEach(name -> line("delete set " + table + " " + name));
        skeleton.chains().keySet().forEach(name -> {
            String hook = skeleton.hooks().get(name);
            line("add chain " + table + " " + name + (hook == null ? "" : " { " + hook + " }"));
        });
        skeleton.chains().forEach(this::rules);
        items(List.of(), items);
    }

    private void items(Collection<Item> removed, Collection<Item> added) {
        Set<Item.Id> again = new HashSet<>();
        added.forEach(item -> again.add(item.id()));
        Set<Item.Id> replaced = new HashSet<>();
        removed.forEach(item -> replaced.add(item.id()));

        for (Item item : added) {
            switch (item) {
                case Item.ClientSet(var name, var timeout) ->
                    line("add set " + table + " " + name + " { type " + addressType()
                            + "; size 65535; flags dynamic,timeout; timeout " + timeout + "s; }");
                case Item.Chain chain -> {
                    if (!replaced.contains(chain.id())) {
                        line("add chain " + table + " " + chain.name());
                    }
                }
                case Item.Element _ -> {}
            }
        }
        for (Item item : removed) {
            if (item instanceof Item.Chain chain) {
                line("flush chain " + table + " " + chain.name());
            }
        }
        for (Item item : added) {
            if (item instanceof Item.Chain(var name, var rules)) {
                rules(name, rules);
            }
        }
        elements("delete element ", removed, false);
        elements("add element ", added, true);
        for (Item item : removed) {
            if (!again.contains(item.id())) {
                switch (item) {
                    case Item.Chain chain -> line("delete chain " + table + " " + chain.name());
                    case Item.ClientSet _, Item.Element _ -> {}
                }
            }
        }
        for (Item item : removed) {
            if (item instanceof Item.ClientSet set && !again.contains(set.id())) {
                line("delete set " + table + " " + set.name());
            }
        }
    }

    private void elements(String verb, Collection<Item> items, boolean whole) {
        Map<Container, List<Item.Element>> byContainer = new EnumMap<>(Container.class);
        for (Item item : items) {
            if (item instanceof Item.Element element) {
                byContainer
                        .computeIfAbsent(element.container(), _ -> new ArrayList<>())
                        .add(element);
            }
        }
        byContainer.forEach((container, elements) -> {
            text.append(verb)
                    .append(table)
                    .append(' ')
                    .append(container.label())
                    .append(" { ");
            for (int i = 0; i < elements.size(); i++) {
                text.append(i == 0 ? "" : ", ");
                text.append(whole ? elements.get(i).text() : elements.get(i).key());
            }
            text.append(" }\n");
        });
    }

    private void rules(String chain, List<String> rules) {
        rules.forEach(rule -> line("add rule " + table + " " + chain + " " + rule));
    }

    private String addressType() {
        return table.startsWith("ip6 ") ? "ipv6_addr" : "ipv4_addr";
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
