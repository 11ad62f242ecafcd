package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.serviceproxy.backend.Backend;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.Target;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Forwards by one nftables table for each family; that of IPv6 comes with the first rule of its family. The
/// table stays when the proxy stops, so that traffic goes on; [#purge] removes it.
public final class NftablesBackend implements Backend {
    private static final Logger log = LoggerFactory.getLogger(NftablesBackend.class);
    private static final Path PROC = Path.of("/proc");
    private static final Path SYS = Path.of("/sys");

    private final NftSettings settings;
    private final ForwardAccept forwardAccept;
    private final StaleFlows staleFlows;
    private final LocalnetRouting localnet;
    private final HairpinPorts hairpinPorts;
    private final Map<IpFamily, FamilyTable> tables = new EnumMap<>(IpFamily.class);
    private RuleSet inForce = RuleSet.EMPTY;

    public NftablesBackend(NftSettings settings) {
        this(settings, Command.PLAIN, PROC, SYS);
    }

    /// @param command how programs are run, for tests that do it in a network namespace
    NftablesBackend(NftSettings settings, Command command, Path proc, Path sys) {
        this.settings = settings;
        var nft = new Nft(command);
        this.forwardAccept = new ForwardAccept(command, settings.table(), settings.mark());
        this.staleFlows = new StaleFlows(command, settings.mark());
        this.localnet = new LocalnetRouting(proc);
        this.hairpinPorts = new HairpinPorts(sys);
        for (IpFamily family : IpFamily.values()) {
            tables.put(family, new FamilyTable(settings, family, nft, localnet));
        }
    }

    /// Whether this machine can do it.
    ///
    /// @return the reason why not, with a remedy; empty when all is well
    public static Optional<String> obstacle() throws InterruptedException {
        try {
            Command.Result result = Command.PLAIN.run("nft", "list", "tables");
            return result.ok()
                    ? Optional.empty()
                    : Optional.of("nft: " + result.complaint() + "; run as root on a kernel with nf_tables");
        } catch (BackendException e) {
            return Optional.of(e.getMessage() + "; install the package nftables");
        }
    }

    @Override
    public Outcome apply(RuleSet rules) throws BackendException, InterruptedException {
        RuleSet.Difference difference = rules.since(inForce);
        // The tables know from here on what should be in them, whether or not the kernel takes it now.
        inForce = rules;
        Outcome outcome = Outcome.UNCHANGED;
        BackendException failure = null;
        for (var table : tables.entrySet()) {
            try {
                boolean before = table.getValue().isUsed();
                Outcome one = table.getValue().apply(difference);
                outcome = greater(outcome, one);
                if (!before && table.getValue().isUsed()) {
                    prepare(table.getKey());
                }
            } catch (BackendException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        staleFlows.forget(StaleFlows.of(difference));
        hairpinPorts.allow(possibleClients(difference));
        return outcome;
    }

    @Override
    public Outcome verify() throws BackendException, InterruptedException {
        Outcome outcome = Outcome.UNCHANGED;
        for (var table : tables.entrySet()) {
            outcome = greater(outcome, table.getValue().verify());
            if (table.getValue().isUsed()) {
                prepare(table.getKey());
            }
        }
        hairpinPorts.allowAgain();
        return outcome;
    }

    private static Set<String> possibleClients(RuleSet.Difference difference) {
        return difference.added().stream()
                .flatMap(rule -> Stream.concat(rule.targets().stream(), rule.localTargets().stream()))
                .filter(Target::mayBeClient)
                .map(Target::address)
                .collect(Collectors.toSet());
    }

    /// What a table needs outside of itself.
    private void prepare(IpFamily family) throws InterruptedException {
        acceptForwarding(family);
        if (family == IpFamily.IPV4 && settings.localhostNodePorts()) {
            localnet.enable();
        }
    }

    private void acceptForwarding(IpFamily family) throws InterruptedException {
        try {
            if (forwardAccept.ensure(family)) {
                log.info("connections to Services were let through the forward filter of {}", Nft.name(family));
            }
        } catch (BackendException e) {
            log.warn("connections to Services may be stopped by the forward filter: {}", e.getMessage());
        }
    }

    private static Outcome greater(Outcome a, Outcome b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    /// Removes everything a proxy with this table name made, whether or not it runs; doing it twice does no harm.
    ///
    /// @throws BackendException when something could not be removed
    public static void purge(String table) throws BackendException, InterruptedException {
        NftSettings.checkTable(table);
        purge(table, Command.PLAIN, PROC);
    }

    static void purge(String table, Command command, Path proc) throws BackendException, InterruptedException {
        var nft = new Nft(command);
        var accept = new ForwardAccept(command, table, "");
        for (IpFamily family : IpFamily.values()) {
            accept.remove(family);
            Optional<Nft.Listing> listing = nft.list(Nft.name(family), table, true);
            if (listing.isPresent()) {
                nft.run("delete table " + Nft.name(family) + " " + table + "\n");
                new LocalnetRouting(proc).restore(listing.get().rules().keySet());
            }
        }
    }
}
