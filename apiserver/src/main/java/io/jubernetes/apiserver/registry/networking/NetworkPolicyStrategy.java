package io.jubernetes.apiserver.registry.networking;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.TemplateColumns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.IpRange;
import io.jubernetes.apiserver.validation.IpRules;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.validation.PortRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Network policies.
public final class NetworkPolicyStrategy extends CheckedStrategy {
    private static final List<String> TYPES = List.of("Ingress", "Egress");
    private static final Table TABLE = Columns.named()
            .text(
                    "Pod-Selector",
                    policy -> TemplateColumns.selector(policy.path("spec").path("podSelector")))
            .age();

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode policy) {
        ObjectNode spec = Meta.child(policy, "spec");
        for (String direction : List.of("ingress", "egress")) {
            for (ObjectNode rule : Meta.items(spec, direction)) {
                Meta.items(rule, "ports").forEach(port -> Meta.defaultTo(port, "protocol", "TCP"));
            }
        }
        if (spec.path("policyTypes").isEmpty()) {
            ArrayNode types = spec.putArray("policyTypes").add("Ingress");
            if (!spec.path("egress").isEmpty()) {
                types.add("Egress");
            }
        }
    }

    @Override
    protected void check(Field policy) {
        Field spec = policy.get("spec");
        LabelSelectorRules.check(spec.get("podSelector"));
        checkRules(spec.get("ingress"), "from");
        checkRules(spec.get("egress"), "to");
        Field types = spec.get("policyTypes");
        if (types.items().size() > TYPES.size()) {
            types.invalid("may not specify more than two policyTypes");
        } else {
            types.items().forEach(type -> type.requireOneOf(TYPES));
        }
    }

    private static void checkRules(Field rules, String peers) {
        for (Field rule : rules.items()) {
            rule.get("ports").items().forEach(NetworkPolicyStrategy::checkPort);
            rule.get(peers).items().forEach(NetworkPolicyStrategy::checkPeer);
        }
    }

    private static void checkPort(Field item) {
        item.get("protocol").requireOneOf(List.of("TCP", "UDP", "SCTP"));
        Field port = item.get("port");
        Field end = item.get("endPort");
        if (!port.isSet()) {
            if (end.isSet()) {
                end.invalid("may not be specified when `port` is not specified");
            }
        } else if (port.value().isTextual()) {
            if (end.isSet()) {
                end.invalid("may not be specified when `port` is non-numeric");
            }
            port.requireForm(PortRules::name);
        } else {
            PortRules.checkNumber(port);
            if (end.isSet()) {
                if (end.number() < port.number()) {
                    end.invalid(port.number(), "must be greater than or equal to `port`");
                }
                PortRules.checkNumber(end);
            }
        }
    }

    private static void checkPeer(Field peer) {
        int kinds = 0;
        for (String selector : List.of("podSelector", "namespaceSelector")) {
            if (peer.get(selector).isSet()) {
                kinds++;
                LabelSelectorRules.check(peer.get(selector));
            }
        }
        boolean block = peer.get("ipBlock").isSet();
        if (block) {
            kinds++;
            checkBlock(peer.get("ipBlock"));
        }
        if (kinds == 0) {
            peer.required("must specify a peer");
        } else if (kinds > 1 && block) {
            peer.forbidden("may not specify both ipBlock and another peer");
        }
    }

    private static void checkBlock(Field block) {
        Field cidr = block.get("cidr");
        if (!cidr.requireValue()) {
            return;
        }
        Optional<IpRange> range = IpRules.range(cidr);
        for (Field except : block.get("except").items()) {
            Optional<IpRange> hole = IpRules.range(except);
            if (range.isPresent() && hole.isPresent() && !range.get().strictlyContains(hole.get())) {
                except.invalid("must be a strict subset of `cidr`");
            }
        }
    }

    @Override
    public List<String> warnings(ObjectNode policy) {
        List<String> warnings = new ArrayList<>();
        Field spec = Field.root(policy).get("spec");
        for (String[] direction : new String[][] {{"ingress", "from"}, {"egress", "to"}}) {
            for (Field rule : spec.get(direction[0]).items()) {
                for (Field peer : rule.get(direction[1]).items()) {
                    Field block = peer.get("ipBlock");
                    warnings.addAll(IpRules.rangeWarnings(block.get("cidr")));
                    block.get("except").items().forEach(except -> warnings.addAll(IpRules.rangeWarnings(except)));
                }
            }
        }
        return warnings;
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
