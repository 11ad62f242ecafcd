package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.Claim;
import io.jubernetes.serviceproxy.rules.Frontend;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the kernel forget UDP flows to endpoints that are gone. A TCP client notices and connects anew; a UDP
/// client that goes on sending from one port would keep its dead flow alive for ever.
final class StaleFlows {
    private static final Logger log = LoggerFactory.getLogger(StaleFlows.class);
    /// Above this many, one call that forgets all our UDP flows is cheaper; living ones are set up again by their next
    /// packet.
    private static final int MOST_CALLS = 50;

    /// One flow's way: what the client sends to and who answers.
    record Flow(IpFamily family, Frontend frontend, String endpoint) {}

    private final Command command;
    private final String mark;
    private boolean warned;

    StaleFlows(Command command, String mark) {
        this.command = command;
        this.mark = mark;
    }

    /// The flows that a difference of rules leaves behind. Pure.
    static Set<Flow> of(RuleSet.Difference difference) {
        Set<Flow> kept = new HashSet<>();
        difference.added().forEach(rule -> collect(rule, kept));
        Set<Flow> stale = new LinkedHashSet<>();
        difference.removed().forEach(rule -> collect(rule, stale));
        stale.removeAll(kept);
        return stale;
    }

    private static void collect(ServiceRule rule, Set<Flow> into) {
        if (rule.name().protocol() != Protocol.UDP) {
            return;
        }
        for (Claim claim : Claim.of(rule)) {
            for (List<Target> targets : List.of(rule.targets(), rule.localTargets())) {
                for (Target target : targets) {
                    into.add(new Flow(rule.name().family(), claim.frontend(), target.address()));
                }
            }
        }
    }

    /// Forgets flows. Without the `conntrack` program they end by themselves when the client is silent for a while.
    void forget(Set<Flow> flows) throws InterruptedException {
        List<List<String>> calls = new ArrayList<>();
        if (flows.size() > MOST_CALLS) {
            for (IpFamily family : IpFamily.values()) {
                if (flows.stream().anyMatch(flow -> flow.family() == family)) {
                    calls.add(List.of("conntrack", "-D", "-f", name(family), "-p", "udp", "-m", mark + "/" + mark));
                }
            }
        } else {
            flows.forEach(flow -> calls.add(call(flow)));
        }
        try {
            for (List<String> call : calls) {
                command.run(call, ""); // fails when there is no such flow, which is as well
            }
        } catch (BackendException e) {
            if (!warned) {
                warned = true;
                log.warn("UDP flows to endpoints that are gone are not cut: {}", e.getMessage());
            }
        }
    }

    private static List<String> call(Flow flow) {
        var words = new ArrayList<>(List.of("conntrack", "-D", "-f", name(flow.family()), "-p", "udp"));
        if (!flow.frontend().isNodePort()) {
            words.addAll(List.of("--orig-dst", flow.frontend().address()));
        }
        words.addAll(List.of("--orig-port-dst", Integer.toString(flow.frontend().port())));
        words.addAll(List.of("--reply-src", flow.endpoint()));
        return words;
    }

    private static String name(IpFamily family) {
        return family == IpFamily.IPV4 ? "ipv4" : "ipv6";
    }
}
