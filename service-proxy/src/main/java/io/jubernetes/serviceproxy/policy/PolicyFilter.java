package io.jubernetes.serviceproxy.policy;

import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.backend.nftables.Nft;
import io.jubernetes.serviceproxy.backend.nftables.NftSettings;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The policies' table in the kernel (`inet`, beside the proxy's own tables of the same name). It stays when the proxy
/// stops, so that pods stay isolated; [#purge] removes it. Used by one thread at a time.
public final class PolicyFilter {
    private static final Logger log = LoggerFactory.getLogger(PolicyFilter.class);
    private static final String FAMILY = "inet";

    private final String table;
    private final Nft nft;
    private FilterTable inForce = FilterTable.NONE;
    private boolean known;

    /// @param table the table's name
    /// @param command how nft is run
    public PolicyFilter(String table, Command command) {
        NftSettings.checkTable(table);
        this.table = table;
        this.nft = new Nft(command);
    }

    /// Brings the kernel to a state by the difference from the last one.
    Outcome apply(FilterTable wanted) throws BackendException, InterruptedException {
        if (!known || inForce.isEmpty() != wanted.isEmpty()) {
            return replace(wanted);
        }
        String transaction = wanted.since(inForce, table);
        if (transaction.isEmpty()) {
            return Outcome.UNCHANGED;
        }
        try {
            nft.run(transaction);
            inForce = wanted;
            return Outcome.PARTIAL;
        } catch (BackendException e) {
            log.warn("the table {} {} is not as it was left, writing all of it: {}", FAMILY, table, e.getMessage());
            return replace(wanted);
        }
    }

    /// Writes the table again when another program flushed or removed it. Compares numbers of rules and elements.
    Outcome verify() throws BackendException, InterruptedException {
        Optional<Nft.Listing> listing = nft.list(FAMILY, table, false);
        boolean same = listing.isEmpty()
                ? inForce.isEmpty()
                : listing.get().rules().equals(inForce.ruleCounts())
                        && listing.get().elements().equals(inForce.elementCounts());
        if (known && same) {
            return Outcome.UNCHANGED;
        }
        log.warn("another program changed the table {} {}, writing it again", FAMILY, table);
        return replace(inForce);
    }

    private Outcome replace(FilterTable wanted) throws BackendException, InterruptedException {
        known = false;
        nft.run(wanted.replacing(table));
        inForce = wanted;
        known = true;
        return Outcome.FULL;
    }

    /// Removes the table; doing it twice does no harm.
    ///
    /// @throws BackendException when it cannot be removed
    public static void purge(String table) throws BackendException, InterruptedException {
        purge(table, Command.PLAIN);
    }

    static void purge(String table, Command command) throws BackendException, InterruptedException {
        new PolicyFilter(table, command).replace(FilterTable.NONE);
    }
}
