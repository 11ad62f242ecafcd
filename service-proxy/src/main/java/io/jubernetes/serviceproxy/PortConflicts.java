package io.jubernetes.serviceproxy;

import io.jubernetes.serviceproxy.rules.Claim;
import io.jubernetes.serviceproxy.rules.Claims;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import java.util.List;

/// Finds Services that wish to be served at an address and port that another Service has: external addresses are
/// free text, so nothing but the proxy notices. Used by one thread.
final class PortConflicts {
    /// Told once for each new wish that is not granted.
    @FunctionalInterface
    interface Listener {
        /// @param loser who is not served at `place`
        /// @param winner who is
        /// @param place for people: `203.0.113.7 port 80/tcp`
        void conflict(RuleName loser, RuleName winner, String place);
    }

    private final List<Claims> families = List.of(new Claims(IpFamily.IPV4), new Claims(IpFamily.IPV6));
    private final Listener listener;

    PortConflicts(Listener listener) {
        this.listener = listener;
    }

    /// Looks at what changed.
    void look(RuleSet.Difference difference) {
        for (Claims claims : families) {
            claims.change(difference.removed(), difference.added());
            for (Claim claim : claims.of(difference.added())) {
                claims.winner(claim.frontend()).ifPresent(winner -> compare(claim, winner));
            }
        }
    }

    private void compare(Claim claim, Claim winner) {
        RuleName loser = claim.rule().name();
        RuleName owner = winner.rule().name();
        // The built-in rules step back for a Service on purpose.
        if (!loser.equals(owner)
                && !loser.namespace().isEmpty()
                && !owner.namespace().isEmpty()) {
            var frontend = claim.frontend();
            listener.conflict(
                    loser,
                    owner,
                    (frontend.isNodePort() ? "node" : frontend.address()) + " port " + frontend.port() + "/"
                            + frontend.protocol().lowerCase());
        }
    }
}
