package io.jubernetes.apiserver.registry.networking;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.IpRange;
import io.jubernetes.apiserver.validation.IpRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Ranges that services get their addresses from.
public final class ServiceCidrStrategy extends CheckedStrategy {
    private static final Table TABLE =
            Columns.named().text("CIDRs", ServiceCidrStrategy::ranges).age();

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    protected void check(Field item) {
        Field cidrs = item.get("spec").get("cidrs");
        List<Field> items = cidrs.items();
        if (items.isEmpty()) {
            cidrs.required("at least one CIDR required");
            return;
        }
        if (items.size() > 2) {
            cidrs.invalid("may only hold up to 2 values");
            return;
        }
        List<Optional<IpRange>> ranges = new ArrayList<>();
        items.forEach(cidr -> ranges.add(IpRules.canonicalRange(cidr)));
        if (items.size() == 2
                && ranges.stream().allMatch(Optional::isPresent)
                && ranges.get(0).orElseThrow().isIpv6()
                        == ranges.get(1).orElseThrow().isIpv6()) {
            cidrs.invalid("may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96");
        }
    }

    @Override
    protected void checkUpdate(Field item, Field old) {
        List<Field> cidrs = item.get("spec").get("cidrs").items();
        List<Field> before = old.get("spec").get("cidrs").items();
        // A second family may be added; what is there stays.
        if (cidrs.size() < before.size()) {
            item.get("spec").get("cidrs").invalid("field is immutable");
            return;
        }
        for (int i = 0; i < before.size(); i++) {
            cidrs.get(i).requireSame(before.get(i));
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String ranges(JsonNode item) {
        List<String> ranges = new ArrayList<>();
        item.path("spec").path("cidrs").forEach(cidr -> ranges.add(cidr.asText()));
        return String.join(",", ranges);
    }
}
