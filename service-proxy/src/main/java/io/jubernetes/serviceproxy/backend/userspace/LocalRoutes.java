package io.jubernetes.serviceproxy.backend.userspace;

import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Makes addresses of one family the machine's own by routes in the kernel's table `local`, so that packets to
/// them end here and this process can listen there. A route of this proxy is known by its protocol number; those of
/// others are left alone, and an address the machine has anyway gets none. Not thread-safe.
final class LocalRoutes {
    private static final int FIRST_PROTOCOL = 100; // up to 163: numbers that no routing daemon uses
    private static final int PROTOCOLS = 64;

    private final Command command;
    private final String option;
    private final String protocol;
    private @Nullable Set<String> held; // null when not known

    LocalRoutes(Command command, IpFamily family, String owner) {
        this.command = command;
        this.option = family == IpFamily.IPV4 ? "-4" : "-6";
        this.protocol = Integer.toString(FIRST_PROTOCOL + Math.floorMod(owner.hashCode(), PROTOCOLS));
    }

    /// Why this machine cannot do it, with a remedy; empty when it can.
    static String obstacle() throws InterruptedException {
        try {
            // Changes nothing, but asks for the right to.
            Command.Result result = Command.PLAIN.run("ip", "link", "set", "lo", "up");
            return result.ok() ? "" : "ip: " + result.complaint() + "; run as root";
        } catch (BackendException e) {
            return e.getMessage() + "; install the package iproute2";
        }
    }

    /// Makes these addresses the machine's own, and no others of this proxy.
    ///
    /// @param again whether to look what the kernel has, instead of trusting that nobody changed it
    /// @return whether anything had to be done
    boolean set(Collection<String> addresses, boolean again) throws BackendException, InterruptedException {
        Set<String> wanted = new TreeSet<>();
        addresses.forEach(address -> wanted.add(normal(address)));
        Set<String> there = held;
        if (there == null || again) {
            there = new HashSet<>();
            wanted.removeAll(list(there));
        }
        var lines = new ArrayList<String>();
        for (String address : wanted) {
            if (!there.contains(address)) {
                lines.add("route add local " + address + " dev lo table local proto " + protocol);
            }
        }
        for (String address : there) {
            if (!wanted.contains(address)) {
                lines.add("route del local " + address + " dev lo table local proto " + protocol);
            }
        }
        if (!lines.isEmpty()) {
            held = null;
            run(lines);
        }
        held = wanted;
        return !lines.isEmpty();
    }

    private void run(List<String> lines) throws BackendException, InterruptedException {
        // One line that the kernel refuses must not keep the others from it.
        Command.Result result =
                command.run(List.of("ip", option, "-force", "-batch", "-"), String.join("\n", lines) + "\n");
        if (!result.ok()) {
            throw new BackendException("ip route: " + result.complaint());
        }
    }

    /// Collects this proxy's addresses and returns those that are the machine's own without it.
    private Set<String> list(Set<String> ours) throws BackendException, InterruptedException {
        Command.Result result = command.run("ip", option, "-o", "route", "show", "table", "local", "type", "local");
        if (!result.ok()) {
            throw new BackendException("ip route: " + result.complaint());
        }
        Set<String> others = new HashSet<>();
        for (String line : result.out().lines().toList()) {
            String[] words = line.strip().split("\\s+");
            if (words.length > 1 && IpFamily.of(words[1]).isPresent()) {
                boolean own = (line + " ").contains(" proto " + protocol + " ");
                (own ? ours : others).add(normal(words[1]));
            }
        }
        return others;
    }

    private static String normal(String address) {
        return InetAddress.ofLiteral(address).getHostAddress();
    }
}
