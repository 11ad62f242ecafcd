package io.jubernetes.kubelet.network;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Single firewall rules through the `iptables` command, which Docker's own rules are made with: only a rule
/// in the same chains can accept what Docker's would drop.
public final class Iptables {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Iptables() {}

    /// A rule.
    ///
    /// @param comment marks it as ours
    /// @param match matches and target
    public record Rule(String table, String chain, String comment, List<String> match) {}

    /// Puts a rule at the head of its chain unless it is in it.
    public static void ensure(Rule rule) throws IOException {
        if (Command.run(LIMIT, command("-C", rule)).exitCode() != 0) {
            Command.run(LIMIT, command("-I", rule)).orThrow();
        }
    }

    /// Takes a rule out; one that is not there is no error.
    public static void remove(Rule rule) throws IOException {
        while (Command.run(LIMIT, command("-C", rule)).exitCode() == 0) {
            Command.run(LIMIT, command("-D", rule)).orThrow();
        }
    }

    private static List<String> command(String action, Rule rule) {
        var command = new ArrayList<>(List.of("iptables", "-w", "10", "-t", rule.table(), action, rule.chain()));
        command.addAll(List.of("-m", "comment", "--comment", rule.comment()));
        command.addAll(rule.match());
        return command;
    }
}
