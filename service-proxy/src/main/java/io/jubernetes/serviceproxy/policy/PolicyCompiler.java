package io.jubernetes.serviceproxy.policy;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says what should be in the kernel for the policies of a cluster on one machine. Pure.
///
/// A packet's way, once for each direction: a verdict map leads from the pod's address to a chain for the policies that
/// select the pod (pods with the same policies share it); that chain jumps to one chain for each policy, which accepts
/// what its policy allows, and drops what comes back. So a packet's cost depends on its pod's policies alone, and an
/// update touches only the elements of the pods and the chains of the policies that changed.
final class PolicyCompiler {
    private static final Logger log = LoggerFactory.getLogger(PolicyCompiler.class);
    private static final String DROP = "counter drop";
    /// Pods of the machine twice: a pod may always reach itself.
    private static final String SELF = "self";
    /// How machines of one network find each other in IPv6; a bridge passes it through the filter.
    private static final String NEIGHBOURS =
            "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert," + " nd-router-solicit, nd-router-advert } accept";

    private final ClusterView view;
    private final FilterTable.Builder table = new FilterTable.Builder();
    private final PeerSets peerSets;

    private PolicyCompiler(ClusterView view) {
        this.view = view;
        this.peerSets = new PeerSets(view, table);
    }

    /// The table for a moment; [FilterTable#NONE] when no pod of this machine is selected by any policy.
    static FilterTable compile(ClusterView view) {
        return new PolicyCompiler(view).compile();
    }

    private FilterTable compile() {
        boolean any = false;
        for (Direction direction : Direction.values()) {
            for (var isolated : isolate(direction).entrySet()) {
                any = true;
                enter(isolated.getKey(), direction, isolated.getValue());
            }
        }
        if (!any) {
            return FilterTable.NONE;
        }
        for (Direction direction : Direction.values()) {
            table.chain("forward-" + direction.label(), direction.hook(), entry(direction));
        }
        return table.build();
    }

    /// Leads a pod's packets to the chains of its policies.
    private void enter(PolicyPod pod, Direction direction, SortedSet<String> policyChains) {
        String chain = "pods-" + direction.label() + "-" + Names.hash(String.join(" ", policyChains));
        List<String> rules = new ArrayList<>();
        policyChains.forEach(name -> rules.add("jump " + name));
        rules.add(DROP);
        table.chain(chain, "", rules);
        for (IpFamily family : IpFamily.values()) {
            String type = Names.type(family);
            for (String address : pod.addresses(family)) {
                table.element(Names.ofFamily(direction.label(), family), type + " : verdict", address, "goto " + chain);
                table.element(Names.ofFamily(SELF, family), type + " . " + type, address + " . " + address, "");
            }
        }
    }

    /// The policies' chains that each pod of this machine has to pass, and those chains themselves.
    private Map<PolicyPod, SortedSet<String>> isolate(Direction direction) {
        Map<PolicyPod, SortedSet<String>> isolated = new HashMap<>();
        for (NetworkPolicy policy : view.policies()) {
            NetworkPolicySpec spec = policy.getSpec();
            if (spec == null || !direction.isMeant(spec)) {
                continue;
            }
            List<PolicyPod> pods = selected(policy);
            if (!pods.isEmpty()) {
                ObjectKey key = ObjectKey.of(policy);
                String chain = direction.label() + "-" + Names.hash(key.toString());
                table.chain(chain, "", rules(policy, direction));
                pods.forEach(pod ->
                        isolated.computeIfAbsent(pod, _ -> new TreeSet<>()).add(chain));
            }
        }
        return isolated;
    }

    private List<PolicyPod> selected(NetworkPolicy policy) {
        try {
            return view
                    .peers(
                            policy.getMetadata().getNamespace(),
                            null,
                            policy.getSpec().getPodSelector())
                    .stream()
                    .filter(PolicyPod::here)
                    .toList();
        } catch (RuntimeException e) {
            log.warn("the network policy {} selects nothing: {}", ObjectKey.of(policy), e.toString());
            return List.of();
        }
    }

    /// What a policy allows. One that cannot be understood allows nothing: its pods stay isolated.
    private List<String> rules(NetworkPolicy policy, Direction direction) {
        try {
            return new PolicyRules(policy, direction, peerSets).all();
        } catch (RuntimeException e) {
            log.warn("the network policy {} allows nothing: {}", ObjectKey.of(policy), e.toString());
            return List.of();
        }
    }

    private List<String> entry(Direction direction) {
        List<String> rules = new ArrayList<>();
        rules.add("ct state established,related accept");
        rules.add(NEIGHBOURS);
        for (IpFamily family : IpFamily.values()) {
            String ip = Names.protocol(family);
            String self = Names.ofFamily(SELF, family);
            if (table.hasSet(self)) {
                rules.add(ip + " saddr . " + ip + " daddr @" + self + " accept");
            }
            String pods = Names.ofFamily(direction.label(), family);
            if (table.hasSet(pods)) {
                rules.add(ip + " " + direction.ownAddress() + " vmap @" + pods);
            }
        }
        return rules;
    }
}
