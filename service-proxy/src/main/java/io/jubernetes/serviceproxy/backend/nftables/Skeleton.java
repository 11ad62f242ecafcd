package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.serviceproxy.rules.IpFamily;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The part of the table that is there without any Service: hooked chains and what they share. Chain names lead
/// to their rules; a hooked chain's first entry is its hook.
record Skeleton(Map<String, List<String>> chains, Map<String, String> hooks) {
    Skeleton {
        chains = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(chains));
        hooks = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(hooks));
    }

    /// @param note the name of a chain that is empty and only says something; empty for none
    static Skeleton of(NftSettings settings, IpFamily family, String note) {
        boolean v4 = family == IpFamily.IPV4;
        String ip = v4 ? "ip" : "ip6";
        String mark = settings.mark();
        Map<String, List<String>> chains = new LinkedHashMap<>();
        Map<String, String> hooks = new LinkedHashMap<>();

        chains.put("mark-masquerade", List.of("meta mark set meta mark | " + mark));
        chains.put("do-masquerade", List.of("meta mark set meta mark ^ " + mark, "masquerade fully-random"));
        chains.put("refuse", List.of("meta l4proto tcp reject with tcp reset", "reject"));
        chains.put("dispatch", dispatch(settings, family, ip));
        chains.put(
                "refusals",
                List.of(
                        ip + " daddr . meta l4proto . th dport vmap @refusals",
                        // ICMP to an address of a Service is nobody's; refusing it would answer an error with an error.
                        ip + " daddr @cluster-ips meta l4proto { tcp, udp, sctp } goto refuse"));

        hooks.put("nat-prerouting", "type nat hook prerouting priority -100;");
        chains.put("nat-prerouting", List.of("goto dispatch"));
        hooks.put("nat-output", "type nat hook output priority -100;");
        chains.put("nat-output", List.of("goto dispatch"));
        // Before other programs' source NAT, which is at 100.
        hooks.put("nat-postrouting", "type nat hook postrouting priority 95;");
        chains.put(
                "nat-postrouting",
                List.of(
                        "meta mark & " + mark + " != 0 goto do-masquerade",
                        "ct mark & " + mark + " != 0 " + ip + " saddr . " + ip
                                + " daddr @hairpin masquerade fully-random"));

        // Before other programs' filters, so that a client hears of the refusal whatever they think of it.
        hooks.put("filter-input", "type filter hook input priority -10;");
        chains.put("filter-input", input(settings, family, ip));
        hooks.put("filter-forward", "type filter hook forward priority -10;");
        chains.put("filter-forward", List.of("ct state new goto refusals"));
        hooks.put("filter-output", "type filter hook output priority -10;");
        chains.put("filter-output", List.of("ct state new goto refusals"));
        if (v4) {
            // Serving node ports at 127.0.0.1 needs route_localnet, which by itself would open everything that listens
            // there to the neighbours on the network.
            hooks.put("raw-prerouting", "type filter hook prerouting priority -300;");
            chains.put("raw-prerouting", List.of("iifname != \"lo\" ip daddr 127.0.0.0/8 drop"));
        }
        if (!note.isEmpty()) {
            chains.put(note, List.of());
        }
        return new Skeleton(chains, hooks);
    }

    private static List<String> dispatch(NftSettings settings, IpFamily family, String ip) {
        var rules = new ArrayList<String>();
        rules.add(ip + " daddr . meta l4proto . th dport vmap @services");
        String port = "meta l4proto . th dport vmap @nodeports";
        List<String> ranges =
                settings.nodePortRanges().stream().filter(family::hasRange).toList();
        if (settings.nodePortRanges().isEmpty()) {
            boolean localhost = family == IpFamily.IPV4 && settings.localhostNodePorts();
            String notLocalhost = family == IpFamily.IPV4 ? "ip daddr != 127.0.0.0/8 " : "ip6 daddr != ::1 ";
            rules.add("fib daddr type local " + (localhost ? "" : notLocalhost) + port);
        } else if (!ranges.isEmpty()) {
            rules.add("fib daddr type local " + ip + " daddr { " + String.join(", ", ranges) + " } " + port);
        }
        return rules;
    }

    private static List<String> input(NftSettings settings, IpFamily family, String ip) {
        var rules = new ArrayList<String>();
        settings.dnsListener().ifPresent(listener -> {
            String address = listener.getAddress().getHostAddress();
            if (family.has(address)) {
                rules.add("iifname != \"lo\" " + ip + " daddr " + address + " meta l4proto { tcp, udp } th dport "
                        + listener.getPort() + " ct status ! dnat drop");
            }
        });
        rules.add("ct state new fib daddr type local meta l4proto . th dport vmap @nodeport-refusals");
        rules.add("ct state new goto refusals");
        return rules;
    }

    /// The chains that this skeleton and the items have together, with their numbers of rules.
    Map<String, Integer> ruleCounts(Iterable<Item> items) {
        Map<String, Integer> counts = new java.util.HashMap<>();
        chains.forEach((name, rules) -> counts.put(name, rules.size()));
        for (Item item : items) {
            if (item instanceof Item.Chain(var name, var rules)) {
                counts.put(name, rules.size());
            }
        }
        return counts;
    }
}
