package io.jubernetes.serviceproxy.backend.nftables;

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
    private final Map<Frontend, List<Claim>> claims = new HashMap<>();
    private final Map<Item.Id, Held> items = new HashMap<>();

    Programme(NftSettings settings, IpFamily family) {
        this.family = family;
        this.claimItems = new ClaimItems(settings, family);
    }

    /// Takes rules out and puts others in; rules of the other family are passed over.
    Change change(Collection<ServiceRule> removed, Collection<ServiceRule> added) {
        Map<Frontend, Optional<Claim>> winners = new LinkedHashMap<>();
        Map<Item.Id, Optional<Item>> before = new LinkedHashMap<>();
        for (ServiceRule rule : removed) {
            if (rule.name().family() == family) {
                for (Claim claim : Claim.of(rule)) {
                    winners.putIfAbsent(claim.frontend(), winner(claim.frontend()));
                    withdraw(claim);
                }
                claimItems.ofRule(rule).forEach(item -> release(item, before));
            }
        }
        for (ServiceRule rule : added) {
            if (rule.name().family() == family) {
                for (Claim claim : Claim.of(rule)) {
                    winners.putIfAbsent(claim.frontend(), winner(claim.frontend()));
                    claims.computeIfAbsent(claim.frontend(), _ -> new ArrayList<>(1))
                            .add(claim);
                }
            }
        }
        List<Claim> gained = new ArrayList<>();
        winners.forEach((frontend, old) -> {
            Optional<Claim> now = winner(frontend);
            if (!now.equals(old)) {
                old.ifPresent(claim -> claimItems.ofClaim(claim).forEach(item -> release(item, before)));
                now.ifPresent(gained::add);
            }
        });
        // Everything is released before anything is acquired, so that an item whose content changes has no holder then.
        gained.forEach(claim -> claimItems.ofClaim(claim).forEach(item -> acquire(item, before)));
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

    private Optional<Claim> winner(Frontend frontend) {
        List<Claim> all = claims.getOrDefault(frontend, List.of());
        return all.size() == 1 ? Optional.of(all.getFirst()) : all.stream().min(Claim.ORDER);
    }

    private void withdraw(Claim claim) {
        List<Claim> all = claims.get(claim.frontend());
        if (all != null) {
            all.remove(claim);
            if (all.isEmpty()) {
                claims.remove(claim.frontend());
            }
        }
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
