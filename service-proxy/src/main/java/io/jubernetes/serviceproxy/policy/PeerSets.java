package io.jubernetes.serviceproxy.policy;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.jubernetes.common.codec.Json;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The sets of addresses that rules refer to: pods by selector and ports by name. Equal selectors share a set,
/// whichever policies they are in. What nobody matches has no set.
final class PeerSets {
    private final ClusterView view;
    private final FilterTable.Builder table;
    private final Map<String, Set<IpFamily>> made = new HashMap<>();

    PeerSets(ClusterView view, FilterTable.Builder table) {
        this.view = view;
        this.table = table;
    }

    /// A set that exists.
    record Reference(IpFamily family, String set) {}

    /// The sets with the addresses of the pods a peer means.
    ///
    /// @param home the policy's namespace
    List<Reference> pods(String home, NetworkPolicyPeer peer) {
        // A peer without a selector of namespaces means another set in each namespace.
        String scope = peer.getNamespaceSelector() == null ? home : Json.text(peer.getNamespaceSelector());
        String pods = peer.getPodSelector() == null ? "" : Json.text(peer.getPodSelector());
        String name = "peers-" + Names.hash(scope + " " + pods);
        Set<IpFamily> families = made.get(name);
        if (families == null) {
            families = EnumSet.noneOf(IpFamily.class);
            for (PolicyPod pod : view.peers(home, peer.getNamespaceSelector(), peer.getPodSelector())) {
                for (IpFamily family : IpFamily.values()) {
                    for (String address : pod.addresses(family)) {
                        table.element(Names.ofFamily(name, family), Names.type(family), address, "");
                        families.add(family);
                    }
                }
            }
            made.put(name, families);
        }
        return references(name, families);
    }

    /// The sets with address, protocol and number of every pod's port of a name.
    List<Reference> ports(String portName, Protocol protocol) {
        String name = "ports-" + protocol.lowerCase() + "-" + portName;
        Set<IpFamily> families = made.get(name);
        if (families == null) {
            families = EnumSet.noneOf(IpFamily.class);
            for (PolicyPod pod : view.pods()) {
                for (PolicyPod.NamedPort port : pod.ports()) {
                    if (port.protocol() == protocol && Objects.equals(port.name(), portName)) {
                        add(name, pod, port, families);
                    }
                }
            }
            made.put(name, families);
        }
        return references(name, families);
    }

    private void add(String name, PolicyPod pod, PolicyPod.NamedPort port, Set<IpFamily> families) {
        for (IpFamily family : IpFamily.values()) {
            for (String address : pod.addresses(family)) {
                table.element(
                        Names.ofFamily(name, family),
                        Names.type(family) + " . inet_proto . inet_service",
                        address + " . " + port.protocol().lowerCase() + " . " + port.number(),
                        "");
                families.add(family);
            }
        }
    }

    private static List<Reference> references(String name, Set<IpFamily> families) {
        List<Reference> references = new ArrayList<>();
        families.forEach(family -> references.add(new Reference(family, Names.ofFamily(name, family))));
        return references;
    }
}
