package io.jubernetes.serviceproxy.backend.nftables;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Asks and tells the kernel by the `nft` program. Thread-safe.
public record Nft(Command command) {
    /// What a table holds.
    ///
    /// @param rules how many rules each chain has
    /// @param elements how many elements each set and map has; all 0 in a brief listing
    public record Listing(Map<String, Integer> rules, Map<String, Integer> elements) {}

    /// Carries out a transaction.
    public void run(String transaction) throws BackendException, InterruptedException {
        Command.Result result = command.run(List.of("nft", "-f", "-"), transaction);
        if (!result.ok()) {
            throw new BackendException("nft: " + result.complaint());
        }
    }

    /// What is in a table; empty when there is none. Takes time when there are many elements.
    ///
    /// @param family nft's word for it: `ip`, `ip6` or `inet`
    /// @param brief without elements in the answer
    public Optional<Listing> list(String family, String table, boolean brief)
            throws BackendException, InterruptedException {
        List<String> words = brief
                ? List.of("nft", "-j", "-t", "list", "table", family, table)
                : List.of("nft", "-j", "list", "table", family, table);
        Command.Result result = command.run(words, "");
        if (!result.ok()) {
            if (result.err().contains("No such file or directory")) {
                return Optional.empty();
            }
            throw new BackendException("nft: " + result.complaint());
        }
        try {
            return Optional.of(parse(Json.MAPPER.readTree(result.out())));
        } catch (IOException e) {
            throw new BackendException("nft: cannot read its listing", e);
        }
    }

    /// The names of a table's chains; none when there is no table. Takes the same time however many elements it has.
    Set<String> chains(IpFamily family, String table) throws BackendException, InterruptedException {
        Command.Result result = command.run("nft", "-j", "list", "chains", name(family));
        if (!result.ok()) {
            throw new BackendException("nft: " + result.complaint());
        }
        try {
            Set<String> chains = new HashSet<>();
            for (JsonNode entry : Json.MAPPER.readTree(result.out()).path("nftables")) {
                if (entry.path("chain").path("table").asText().equals(table)) {
                    chains.add(entry.path("chain").path("name").asText());
                }
            }
            return chains;
        } catch (IOException e) {
            throw new BackendException("nft: cannot read its listing", e);
        }
    }

    static String name(IpFamily family) {
        return family == IpFamily.IPV4 ? "ip" : "ip6";
    }

    private static Listing parse(JsonNode listing) {
        Map<String, Integer> rules = new HashMap<>();
        Map<String, Integer> elements = new HashMap<>();
        for (JsonNode entry : listing.path("nftables")) {
            for (String kind : Set.of("set", "map")) {
                if (entry.has(kind)) {
                    elements.put(
                            entry.path(kind).path("name").asText(),
                            entry.path(kind).path("elem").size());
                }
            }
            if (entry.has("chain")) {
                rules.putIfAbsent(entry.path("chain").path("name").asText(), 0);
            }
            if (entry.has("rule")) {
                rules.merge(entry.path("rule").path("chain").asText(), 1, Integer::sum);
            }
        }
        return new Listing(rules, elements);
    }

    static Transaction.Names names(Listing listing) {
        return new Transaction.Names(
                Set.copyOf(listing.rules().keySet()),
                new HashSet<>(listing.elements().keySet()));
    }
}
