package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.RuleSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The table of one family: what should be in it, and whether it is. Not thread-safe.
final class FamilyTable {
    private static final Logger log = LoggerFactory.getLogger(FamilyTable.class);
    /// Up to this many items every check counts rules and elements; with more, one check in [#THOROUGH_EVERY]
    /// does, and the others only look whether the chains are there.
    private static final int FEW_ITEMS = 2000;

    private static final int THOROUGH_EVERY = 10;
    private static final int FILLED_BY_PACKETS = -1;

    private final NftSettings settings;
    private final IpFamily family;
    private final Nft nft;
    private final LocalnetRouting localnet;
    private final Programme programme;
    private Skeleton skeleton;
    private String note = "";
    private boolean current;
    private int checks;

    FamilyTable(NftSettings settings, IpFamily family, Nft nft, LocalnetRouting localnet) {
        this.settings = settings;
        this.family = family;
        this.nft = nft;
        this.localnet = localnet;
        this.skeleton = Skeleton.of(settings, family, "");
        this.programme = new Programme(settings, family);
    }

    Outcome apply(RuleSet.Difference difference) throws BackendException, InterruptedException {
        Programme.Change change = programme.change(difference.removed(), difference.added());
        if (!current) {
            return isNeeded() ? writeAll() : Outcome.UNCHANGED;
        }
        if (change.isEmpty()) {
            return Outcome.UNCHANGED;
        }
        String transaction = Transaction.of(settings, family, change);
        try {
            nft.run(transaction);
            return Outcome.PARTIAL;
        } catch (BackendException e) {
            log.warn("the table {} is not as it was left, writing all of it: {}", name(), e.getMessage());
            return writeAll();
        }
    }

    /// Mends the table when it is not as it should be. Compares numbers of rules and elements, not their
    /// content: what is looked for is another program that flushed or removed them.
    Outcome verify() throws BackendException, InterruptedException {
        if (!current) {
            return isNeeded() ? writeAll() : Outcome.UNCHANGED;
        }
        boolean brief = programme.size() > FEW_ITEMS && ++checks % THOROUGH_EVERY != 0;
        boolean complete = brief ? hasAllChains() : isComplete();
        if (complete) {
            return Outcome.UNCHANGED;
        }
        log.warn("another program changed the table {}, writing it again", name());
        return writeAll();
    }

    private boolean hasAllChains() throws BackendException, InterruptedException {
        return nft.chains(family, settings.table())
                .equals(skeleton.ruleCounts(programme.items()).keySet());
    }

    private boolean isComplete() throws BackendException, InterruptedException {
        Optional<Nft.Listing> listing = nft.list(Nft.name(family), settings.table(), false);
        var items = programme.items();
        if (listing.isEmpty() || !listing.get().rules().equals(skeleton.ruleCounts(items))) {
            return false;
        }
        Map<String, Integer> expected = new HashMap<>();
        for (Container container : Container.values()) {
            expected.put(container.label(), 0);
        }
        for (Item item : items) {
            switch (item) {
                case Item.Element element -> expected.merge(element.container().label(), 1, Integer::sum);
                case Item.ClientSet set -> expected.put(set.name(), FILLED_BY_PACKETS);
                case Item.Chain _ -> {}
            }
        }
        Map<String, Integer> found = listing.get().elements();
        return expected.keySet().equals(found.keySet())
                && expected.entrySet().stream()
                        .allMatch(entry -> entry.getValue() == FILLED_BY_PACKETS
                                || entry.getValue().equals(found.get(entry.getKey())));
    }

    /// The table of IPv4 is there from the beginning, the other only when something is to be put into it.
    private boolean isNeeded() {
        return family == IpFamily.IPV4 || !programme.isEmpty();
    }

    private Outcome writeAll() throws BackendException, InterruptedException {
        current = false;
        var items = programme.items();
        Transaction.Names there = nft.list(Nft.name(family), settings.table(), true)
                .map(Nft::names)
                .orElse(Transaction.Names.NONE);
        if (family == IpFamily.IPV4 && note.isEmpty()) {
            note = localnet.note(there.chains());
            skeleton = Skeleton.of(settings, family, note);
        }
        try {
            nft.run(Transaction.renew(settings, family, skeleton, there, items));
        } catch (BackendException e) {
            log.info("the table {} cannot be renewed, replacing it: {}", name(), e.getMessage());
            nft.run(Transaction.replace(settings, family, skeleton, items));
        }
        current = true;
        return Outcome.FULL;
    }

    /// Whether the kernel has, or should have, the table.
    boolean isUsed() {
        return current || !programme.isEmpty();
    }

    private String name() {
        return Nft.name(family) + " " + settings.table();
    }
}
