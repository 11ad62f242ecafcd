package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.IpAddress;
import io.jubernetes.apiserver.validation.IpRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What must hold for a Service's addresses and their families. They are checked before addresses are given
/// out, and with the rest of the object after.
public final class ServiceAddressRules {
    private static final List<String> FAMILIES = List.of("IPv4", "IPv6");
    private static final List<String> POLICIES = List.of("PreferDualStack", "RequireDualStack", "SingleStack");
    private static final String FIXED = "may not change once set";

    private ServiceAddressRules() {}

    /// Reports everything wrong with addresses, families and policy by themselves.
    public static void check(Field spec) {
        if (spec.get("type").text().equals("ExternalName")) {
            return;
        }
        Field families = spec.get("ipFamilies");
        Set<String> seen = new HashSet<>();
        for (Field family : families.items()) {
            family.requireOneOf(FAMILIES);
            if (!seen.add(family.text())) {
                family.duplicate();
            }
        }
        spec.get("ipFamilyPolicy").requireOneOf(POLICIES);
        Field addresses = spec.get("clusterIPs");
        List<Field> items = addresses.items();
        List<IpAddress> parsed = new ArrayList<>();
        int before = spec.causes().size();
        for (int i = 0; i < items.size(); i++) {
            if (i == 0 && items.get(i).text().equals("None")) {
                if (items.size() > 1) {
                    addresses.invalid("'None' must be the first and only value");
                }
                continue;
            }
            IpRules.address(items.get(i)).ifPresent(parsed::add);
        }
        boolean wrong = spec.causes().size() > before;
        checkPair(spec);
        if (items.size() > 2) {
            addresses.invalid("may only hold up to 2 values");
        }
        if (wrong) {
            return;
        }
        if (parsed.size() > 1
                && (parsed.size() > 2 || parsed.get(0).isIpv6() == parsed.get(1).isIpv6())) {
            addresses.invalid("may specify no more than one IP for each IP family");
        }
        checkFamilies(items, parsed, families.items());
    }

    private static void checkPair(Field spec) {
        Field addresses = spec.get("clusterIPs");
        String first = spec.get("clusterIP").text();
        if (addresses.isEmpty()) {
            return;
        }
        if (first.isEmpty()) {
            addresses.invalid("must be empty when `clusterIP` is not specified");
        } else if (!addresses.at(0).text().equals(first)) {
            addresses.invalid("first value must match `clusterIP`");
        }
    }

    private static void checkFamilies(List<Field> items, List<IpAddress> parsed, List<Field> families) {
        if (parsed.size() != items.size()) {
            return;
        }
        for (int i = 0; i < items.size() && i < families.size(); i++) {
            String family = parsed.get(i).isIpv6() ? "IPv6" : "IPv4";
            String wanted = families.get(i).text();
            if (FAMILIES.contains(wanted) && !family.equals(wanted)) {
                items.get(i).invalid("expected an " + wanted + " value as indicated by `ipFamilies[" + i + "]`");
            }
        }
    }

    /// Reports a change of what was given out: a second family may come and go, the first stays.
    static void checkUpdate(Field spec, Field old) {
        if (spec.get("type").text().equals("ExternalName")
                || old.get("type").text().equals("ExternalName")
                || ServiceFields.isHeadless(spec.value()) && ServiceFields.isHeadless(old.value())) {
            return;
        }
        checkList(spec, old, "clusterIPs", "clusterIP");
        if (!ServiceFields.isHeadless(spec.value()) && !ServiceFields.isHeadless(old.value())) {
            checkList(spec, old, "ipFamilies", "ipFamily");
        }
    }

    private static void checkList(Field spec, Field old, String list, String one) {
        List<JsonNode> now = values(spec.get(list));
        List<JsonNode> before = values(old.get(list));
        Object shown =
                spec.get(list).isSet() ? spec.get(list).value() : com.fasterxml.jackson.databind.node.NullNode.instance;
        if (now.isEmpty() && !before.isEmpty()) {
            spec.get(list).at(0).invalid(shown, "primary " + one + " can not be unset");
            return;
        }
        int compared = now.size() == before.size() ? now.size() : Math.min(1, before.size());
        for (int i = 0; i < compared; i++) {
            if (!Meta.same(now.get(i), before.get(i))) {
                spec.get(list).at(i).invalid(shown, FIXED);
            }
        }
        Field policy = spec.get("ipFamilyPolicy");
        if (now.size() == 1 && before.size() > 1 && !policy.text().equals("SingleStack")) {
            policy.invalid(policy.text(), "must be set to 'SingleStack' when releasing the secondary " + one);
        }
    }

    private static List<JsonNode> values(Field list) {
        return list.items().stream().map(Field::value).toList();
    }

    /// The family of an address; empty when it is none.
    public static Optional<String> family(String address) {
        return IpAddress.parse(address).map(ip -> ip.isIpv6() ? "IPv6" : "IPv4");
    }
}
