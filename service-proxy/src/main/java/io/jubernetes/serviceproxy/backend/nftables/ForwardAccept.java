package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Lets connections to Services pass other programs' forward filters. Docker drops what it does not know in the
/// tables of `iptables`, and a packet dropped there cannot be rescued by an nftables chain; only a rule in the
/// same place can. Such a rule accepts what carries our connection mark: in Docker's chain for rules of others,
/// or at the head of `FORWARD` when there is no Docker but a policy other than ACCEPT.
final class ForwardAccept {
    private static final Pattern QUOTED_OR_WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");
    private static final String COMMENT = "jubernetes service-proxy ";

    private final Command command;
    private final String table;
    private final String mark;

    /// @param mark the connection mark, with one bit set
    ForwardAccept(Command command, String table, String mark) {
        this.command = command;
        this.table = table;
        this.mark = mark;
    }

    /// Puts the rule where it is needed and missing.
    ///
    /// @return whether it had to
    boolean ensure(IpFamily family) throws BackendException, InterruptedException {
        List<String> rules = list(family);
        boolean docker = rules.contains("-N DOCKER-USER");
        String chain = docker ? "DOCKER-USER" : "FORWARD";
        if ((!docker && rules.contains("-P FORWARD ACCEPT")) || rules.isEmpty()) {
            return false;
        }
        if (rules.stream().anyMatch(rule -> rule.startsWith("-A " + chain + " ") && isOurs(rule))) {
            return false;
        }
        List<String> words = new ArrayList<>(List.of(program(family), "-w", "10", "-I", chain, "1"));
        Collections.addAll(words, "-m", "connmark", "--mark", mark + "/" + mark);
        Collections.addAll(words, "-m", "comment", "--comment", COMMENT + table, "-j", "ACCEPT");
        Command.Result result = command.run(words, "");
        if (!result.ok()) {
            throw new BackendException(program(family) + ": " + result.complaint());
        }
        return true;
    }

    /// Removes the rule wherever it is.
    void remove(IpFamily family) throws BackendException, InterruptedException {
        for (String rule : list(family)) {
            if (rule.startsWith("-A ") && isOurs(rule)) {
                List<String> words = new ArrayList<>(List.of(program(family), "-w", "10"));
                words.addAll(split(rule));
                words.set(3, "-D");
                command.run(words, "");
            }
        }
    }

    private boolean isOurs(String rule) {
        return rule.contains("\"" + COMMENT + table + "\"");
    }

    /// The filter table's rules as commands; none when the program or its part of the kernel is missing.
    private List<String> list(IpFamily family) throws InterruptedException {
        try {
            Command.Result result = command.run(program(family), "-w", "10", "-S");
            return result.ok() ? result.out().lines().toList() : List.of();
        } catch (BackendException _) {
            return List.of();
        }
    }

    private static List<String> split(String rule) {
        var words = new ArrayList<String>();
        Matcher matcher = QUOTED_OR_WORD.matcher(rule);
        while (matcher.find()) {
            words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
        }
        return words;
    }

    private static String program(IpFamily family) {
        return family == IpFamily.IPV4 ? "iptables" : "ip6tables";
    }
}
