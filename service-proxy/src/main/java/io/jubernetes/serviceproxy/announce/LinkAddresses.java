package io.jubernetes.serviceproxy.announce;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.backend.Ip;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The load balancers' addresses on this machine's interfaces. Ours are known by their metric, which means nothing for
/// a single address otherwise; so those of an earlier run are found again. Used by one thread at a time.
final class LinkAddresses {
    private static final Logger log = LoggerFactory.getLogger(LinkAddresses.class);
    private static final int FIRST_METRIC = 20_000;
    private static final int METRICS = 10_000;
    private static final List<List<String>> ARPING = List.of(List.of("busybox", "arping"), List.of("arping"));

    private final Command command;
    private final Ip ip;
    private final int metric;

    /// @param owner tells several proxies on one machine apart
    LinkAddresses(String owner, Command command) {
        this.command = command;
        this.ip = new Ip(command);
        this.metric = FIRST_METRIC + Math.floorMod(owner.hashCode(), METRICS);
    }

    /// Takes addresses and gives up all others of ours. One that no interface's network holds needs no answers here,
    /// because a router leads to it.
    ///
    /// @return whether anything was to be done
    boolean hold(Set<String> wanted) throws BackendException, InterruptedException {
        Map<String, String> held = held();
        boolean changed = false;
        for (var each : held.entrySet()) {
            if (!wanted.contains(each.getKey())) {
                ip.run("address", "delete", prefix(each.getKey()), "dev", each.getValue());
                log.info("gave up the address {} on {}", each.getKey(), each.getValue());
                changed = true;
            }
        }
        for (String address : wanted) {
            if (!held.containsKey(address)) {
                changed |= take(address);
            }
        }
        return changed;
    }

    private boolean take(String address) throws BackendException, InterruptedException {
        Optional<String> link = ip.linkOf(address);
        if (link.isEmpty()) {
            return false;
        }
        String device = link.get();
        var words = new ArrayList<>(List.of("address", "add", prefix(address), "dev", device));
        words.addAll(List.of("metric", Integer.toString(metric)));
        if (IpFamily.IPV6.has(address)) {
            // Whoever had it may still be there for a moment.
            words.add("nodad");
        }
        ip.run(words.toArray(String[]::new));
        log.info("took the address {} on {}", address, device);
        if (IpFamily.IPV4.has(address)) {
            tellNeighbours(address, device);
        }
        return true;
    }

    /// Neighbours that remember another node for the address learn of the new one. Without it they do when their memory
    /// fails them, some seconds later.
    private void tellNeighbours(String address, String device) throws InterruptedException {
        for (List<String> program : ARPING) {
            var words = new ArrayList<>(program);
            words.addAll(List.of("-U", "-c", "1", "-w", "1", "-I", device, address));
            try {
                if (command.run(words, "").ok()) {
                    return;
                }
            } catch (BackendException e) {
                log.debug("{} is not there", program, e);
            }
        }
        log.info("neighbours are not told of {}: install busybox or arping", address);
    }

    /// Our addresses and the interfaces they are on.
    private Map<String, String> held() throws BackendException, InterruptedException {
        Map<String, String> held = new HashMap<>();
        for (JsonNode link : ip.addresses()) {
            for (JsonNode address : link.path("addr_info")) {
                if (address.path("metric").asInt() == metric) {
                    held.put(address.path("local").asText(), link.path("ifname").asText());
                }
            }
        }
        return held;
    }

    private static String prefix(String address) {
        return address + (IpFamily.IPV4.has(address) ? "/32" : "/128");
    }
}
