package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.serviceproxy.rules.Claims;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The items that should be in the table of one family, and how often each is needed. A change of rules touches
/// only the items of those rules. Not thread-safe.
final class Programme {
    private record Held(Item item, int holders) {}

    /// What has to be done to the table.
    ///
    /// @param removed items to take out, in their old form
    /// @param added items to put in
    record Change(List<Item> removed, List<Item> added) {
        Change {
            removed = List.copyOf(removed);
            added = List.copyOf(added);
        }

        boolean isEmpty() {
            return removed.isEmpty() && added.isEmpty();
        }
    }

    private final IpFamily family;
    private final ClaimItems claimItems;
    private final Claims claims;
    private final Map<Item.Id, Held> items = new HashMap<>();

    Programme(NftSettings settings, IpFamily family) {
        this.family = family;
        this.claims = new Claims(family);
        this.claimItems = new ClaimItems(settings, family);
    }

    /// Takes rules out and puts others in; rules of the other family are passed over.
    Change change(Collection<ServiceRule> removed, Collection<ServiceRule> added) {
        Map<Item.Id, Optional<Item>> before = new LinkedHashMap<>();
        Collection<Claims.Handover> handovers = claims.change(removed, added).values();
        for (ServiceRule rule : removed) {
            if (rule.name().family() == family) {
                claimItems.ofRule(rule).forEach(item -> release(item, before));
            }
        }
        // Everything is released before anything is acquired, so that an item whose content changes has no holder then.
        handovers.forEach(each ->
                each.before().ifPresent(claim -> claimItems.ofClaim(claim).forEach(item -> release(item, before))));
        handovers.forEach(each ->
                each.now().ifPresent(claim -> claimItems.ofClaim(claim).forEach(item -> acquire(item, before))));
        for (ServiceRule rule : added) {
            if (rule.name().family() == family) {
                claimItems.ofRule(rule).forEach(item -> acquire(item, before));
            }
        }
        return difference(before);
    }

    private Change difference(Map<Item.Id, Optional<Item>> before) {
        var gone = new ArrayList<Item>();
        var come = new ArrayList<Item>();
        before.forEach((id, old) -> {
            Held held = items.get(id);
            Optional<Item> now = held == null ? Optional.empty() : Optional.of(held.item());
            if (!now.equals(old)) {
                old.ifPresent(gone::add);
                now.ifPresent(come::add);
            }
        });
        return new Change(gone, come);
    }

    /// All items that should be in the table.
    Collection<Item> items() {
        return items.values().stream().map(Held::item).toList();
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    int size() {
        return items.size();
    }

    private void acquire(Item item, Map<Item.Id, Optional<Item>> before) {
        Held held = items.get(item.id());
        before.putIfAbsent(item.id(), Optional.ofNullable(held).map(Held::item));
        if (held != null && !held.item().equals(item)) {
            throw new IllegalStateException("two different items are named " + item.id());
        }
        items.put(item.id(), new Held(item, held == null ? 1 : held.holders() + 1));
    }

    private void release(Item item, Map<Item.Id, Optional<Item>> before) {
        Held held = items.get(item.id());
        if (held == null) {
            throw new IllegalStateException(item.id() + " was not held");
        }
        before.putIfAbsent(item.id(), Optional.of(held.item()));
        if (held.holders() == 1) {
            items.remove(item.id());
        } else {
            items.put(item.id(), new Held(held.item(), held.holders() - 1));
        }
    }
}
