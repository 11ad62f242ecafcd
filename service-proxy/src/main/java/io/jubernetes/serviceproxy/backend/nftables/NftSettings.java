package io.jubernetes.serviceproxy.backend.nftables;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// How the rules are written.
///
/// @param table the table's name in both families; two proxies on one machine need different ones
/// @param markBit the bit (0 to 31) of packet and connection marks that is ours
/// @param masqueradeAll hide the client's address from all endpoints
/// @param clusterCidrs the addresses of all pods, one range a family at most; without it traffic from outside to
///     addresses inside is not masqueraded
/// @param nodePortRanges where node ports are served: ranges of the node's addresses, empty for all
/// @param localhostNodePorts whether node ports are served at 127.0.0.1 too
/// @param dnsListener where the cluster's DNS listens; packets from other machines that go there directly are dropped
public record NftSettings(
        String table,
        int markBit,
        boolean masqueradeAll,
        List<String> clusterCidrs,
        List<String> nodePortRanges,
        boolean localhostNodePorts,
        Optional<InetSocketAddress> dnsListener) {
    /// The table's name unless a flag says otherwise.
    public static final String DEFAULT_TABLE = "jubernetes";

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,62}");

    public NftSettings {
        clusterCidrs = List.copyOf(clusterCidrs);
        nodePortRanges = List.copyOf(nodePortRanges);
        checkTable(table);
        if (markBit < 0 || markBit > 31) {
            throw new IllegalArgumentException("the masquerade bit must be between 0 and 31, not " + markBit);
        }
    }

    /// The same with the place where DNS listens, which is known only after it has a port.
    public NftSettings withDns(Optional<InetSocketAddress> listener) {
        return new NftSettings(
                table, markBit, masqueradeAll, clusterCidrs, nodePortRanges, localhostNodePorts, listener);
    }

    /// Refuses a table name that nft would not take.
    ///
    /// @throws IllegalArgumentException with a message for the operator
    public static void checkTable(String table) {
        if (!NAME.matcher(table).matches()) {
            throw new IllegalArgumentException(
                    "'" + table + "' is not a name for an nftables table; use letters, digits, '-', '_' and '.'");
        }
    }

    /// The mark as nft prints it: `0x00004000`.
    String mark() {
        return "0x%08x".formatted(1L << markBit);
    }
}
