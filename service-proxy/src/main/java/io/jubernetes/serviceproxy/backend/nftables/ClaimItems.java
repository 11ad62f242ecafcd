package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.common.codec.Sha256;
import io.jubernetes.serviceproxy.backend.nftables.Item.Chain;
import io.jubernetes.serviceproxy.backend.nftables.Item.Element;
import io.jubernetes.serviceproxy.rules.Claim;
import io.jubernetes.serviceproxy.rules.Frontend;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Says which items of the table serve a frontend. Pure; one family.
///
/// The way of a connection: frontend map → a chain that decides about masquerading (`cluster-…`, `external-…`,
/// `local-…`) → a chain that picks an endpoint. `pick-3` picks one of 3 for an address, `nodepick-3` for a node port,
/// with an `l` in front of the number one of this node's endpoints (numbered from [#LOCAL_FROM]), and `affinity-HASH-…`
/// does it for one Service with session affinity.
final class ClaimItems {
    /// Numbers of this node's endpoints begin here, those of all nodes at 0.
    static final int LOCAL_FROM = 0x8000;

    private static final int MOST_TARGETS = LOCAL_FROM;
    private static final int MOST_COMMENT = 120;

    private final NftSettings settings;
    private final IpFamily family;
    private final String ip;
    private final String podRanges;

    ClaimItems(NftSettings settings, IpFamily family) {
        this.settings = settings;
        this.family = family;
        this.ip = family == IpFamily.IPV4 ? "ip" : "ip6";
        List<String> ranges =
                settings.clusterCidrs().stream().filter(family::hasRange).toList();
        this.podRanges = ranges.isEmpty() ? "" : "{ " + String.join(", ", ranges) + " }";
    }

    /// What a rule needs whatever becomes of its claims.
    List<Item> ofRule(ServiceRule rule) {
        var items = new LinkedHashMap<Item.Id, Item>();
        add(items, new Element(Container.CLUSTER_IPS, rule.clusterIp(), "", ""));
        for (List<Target> targets : List.of(rule.targets(), rule.localTargets())) {
            for (Target target : targets) {
                if (target.mayBeClient()) {
                    String address = target.address();
                    add(items, new Element(Container.HAIRPIN, address + " . " + address, "", ""));
                }
            }
        }
        return List.copyOf(items.values());
    }

    /// What a claim needs that has won its frontend.
    List<Item> ofClaim(Claim claim) {
        var items = new LinkedHashMap<Item.Id, Item>();
        Optional<String> chain = switch (claim.kind()) {
            case CLUSTER_IP -> internal(claim, items);
            case EXTERNAL -> external(claim, items);
            case LOAD_BALANCER -> external(claim, items).map(next -> restricted(claim, next, items));
        };
        Frontend frontend = claim.frontend();
        String comment = comment(claim.rule().name());
        chain.ifPresent(name -> add(
                items,
                new Element(
                        frontend.isNodePort() ? Container.NODE_PORTS : Container.SERVICES,
                        key(frontend),
                        "goto " + name,
                        comment)));
        return List.copyOf(items.values());
    }

    private Optional<String> internal(Claim claim, Map<Item.Id, Item> items) {
        ServiceRule rule = claim.rule();
        List<Target> targets = limited(rule.internalTargets());
        if (targets.isEmpty()) {
            // Without endpoints anywhere `cluster-ips` has it refused. With some on other nodes only, the client may
            // try again after they have moved.
            if (!rule.targets().isEmpty()) {
                refuse(claim, "drop", items);
            }
            return Optional.empty();
        }
        String pick = pick(claim, targets, !rule.internalLocal(), items);
        boolean builtIn = rule.name().namespace().isEmpty();
        if (builtIn || (podRanges.isEmpty() && !settings.masqueradeAll())) {
            return Optional.of(pick);
        }
        String condition = settings.masqueradeAll() ? "" : ip + " saddr != " + podRanges + " ";
        String name = "cluster-" + pick;
        add(items, new Chain(name, List.of(condition + "jump mark-masquerade", "goto " + pick)));
        return Optional.of(name);
    }

    private Optional<String> external(Claim claim, Map<Item.Id, Item> items) {
        ServiceRule rule = claim.rule();
        List<Target> everywhere = limited(rule.targets());
        if (!rule.externalLocal()) {
            if (everywhere.isEmpty()) {
                refuse(claim, "goto refuse", items);
                return Optional.empty();
            }
            String pick = pick(claim, everywhere, true, items);
            String name = "external-" + pick;
            add(items, new Chain(name, List.of("jump mark-masquerade", "goto " + pick)));
            return Optional.of(name);
        }
        List<Target> here = limited(rule.localTargets());
        if (here.isEmpty()) {
            refuse(claim, everywhere.isEmpty() ? "goto refuse" : "drop", items);
            if (everywhere.isEmpty()) {
                return Optional.empty();
            }
        }
        // The policy is about clients outside. Pods and the node itself use the same address as a short cut for the
        // address inside.
        var rules = new ArrayList<String>();
        String name = "local";
        if (!everywhere.isEmpty()) {
            String pick = pick(claim, everywhere, true, items);
            name += "-" + pick;
            if (!podRanges.isEmpty()) {
                rules.add(ip + " saddr " + podRanges + " goto " + pick);
            }
            rules.add("fib saddr type local jump mark-masquerade");
            rules.add("fib saddr type local goto " + pick);
        }
        if (!here.isEmpty()) {
            String pick = pick(claim, here, false, items);
            name += "-" + pick;
            rules.add("goto " + pick);
        }
        add(items, new Chain(name, rules));
        return Optional.of(name);
    }

    private String restricted(Claim claim, String next, Map<Item.Id, Item> items) {
        String name = "sources-" + hash(claim.rule().name().toString() + family + key(claim.frontend()));
        String ranges = "{ " + String.join(", ", claim.rule().sourceRanges()) + " }";
        add(items, new Chain(name, List.of(ip + " saddr != " + ranges + " drop", "goto " + next)));
        return name;
    }

    private static void refuse(Claim claim, String verdict, Map<Item.Id, Item> items) {
        Frontend frontend = claim.frontend();
        var container = frontend.isNodePort() ? Container.NODE_PORT_REFUSALS : Container.REFUSALS;
        add(
                items,
                new Element(
                        container, key(frontend), verdict, comment(claim.rule().name())));
    }

    /// Adds what picks one of the targets and returns the chain's name.
    private String pick(Claim claim, List<Target> targets, boolean everywhere, Map<Item.Id, Item> items) {
        ServiceRule rule = claim.rule();
        return rule.affinity().isPresent()
                ? affinity(rule, rule.affinity().get(), targets, everywhere, items)
                : pickByNumber(claim.frontend(), targets, everywhere, items);
    }

    private String pickByNumber(Frontend frontend, List<Target> targets, boolean everywhere, Map<Item.Id, Item> items) {
        boolean nodePort = frontend.isNodePort();
        int from = everywhere ? 0 : LOCAL_FROM;
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(i);
            add(
                    items,
                    new Element(
                            nodePort ? Container.NODE_PORT_ENDPOINTS : Container.ENDPOINTS,
                            // an endpoint's number has the hexadecimal form of a class id
                            key(frontend) + " . 0:" + Integer.toHexString(from + i),
                            target.address() + " . " + target.port(),
                            ""));
        }
        String name = (nodePort ? "nodepick-" : "pick-") + (everywhere ? "" : "l") + targets.size();
        String key = (nodePort ? "" : ip + " daddr . ") + "meta l4proto . th dport . meta priority";
        add(
                items,
                new Chain(
                        name,
                        List.of(
                                "meta priority set numgen random mod " + targets.size()
                                        + (from == 0 ? "" : " offset " + from),
                                markConnection(),
                                "dnat " + ip + " to " + key + " map @"
                                        + (nodePort ? Container.NODE_PORT_ENDPOINTS : Container.ENDPOINTS).label())));
        return name;
    }

    /// Every endpoint has a set of the clients that were sent to it lately. One for all frontends of the Service: a
    /// client keeps its endpoint when it changes from the address to the node port.
    private String affinity(
            ServiceRule rule, Duration timeout, List<Target> targets, boolean everywhere, Map<Item.Id, Item> items) {
        String prefix = "affinity-" + hash(rule.name().toString() + family) + "-";
        String protocol = rule.name().protocol().lowerCase();
        var rules = new ArrayList<String>();
        var numbers = new ArrayList<String>();
        for (Target target : targets) {
            String name = prefix + hash(target.address() + " " + target.port());
            // The timeout is in the set's name because the kernel cannot change it.
            String clients = name + "-" + timeout.toSeconds() + "s";
            String to = family == IpFamily.IPV4 ? target.address() : "[" + target.address() + "]";
            add(items, new Item.ClientSet(clients, timeout.toSeconds()));
            add(
                    items,
                    new Chain(
                            name,
                            List.of(
                                    "update @" + clients + " { " + ip + " saddr }",
                                    markConnection(),
                                    "meta l4proto " + protocol + " dnat " + ip + " to " + to + ":" + target.port())));
            rules.add(ip + " saddr @" + clients + " goto " + name);
            numbers.add(numbers.size() + " : goto " + name);
        }
        rules.add("numgen random mod " + targets.size() + " vmap { " + String.join(", ", numbers) + " }");
        String name = prefix + (everywhere ? "all" : "here");
        add(items, new Chain(name, rules));
        return name;
    }

    /// The key in the frontend maps.
    private static String key(Frontend frontend) {
        String port = frontend.protocol().lowerCase() + " . " + frontend.port();
        return frontend.isNodePort() ? port : frontend.address() + " . " + port;
    }

    private String markConnection() {
        return "ct mark set ct mark | " + settings.mark();
    }

    private static void add(Map<Item.Id, Item> items, Item item) {
        items.put(item.id(), item);
    }

    private static List<Target> limited(List<Target> targets) {
        return targets.size() <= MOST_TARGETS ? targets : targets.subList(0, MOST_TARGETS);
    }

    private static String comment(RuleName name) {
        String text = name.toString();
        return text.length() <= MOST_COMMENT ? text : text.substring(0, MOST_COMMENT);
    }

    private static String hash(String text) {
        return Sha256.hex(text, 6);
    }
}
