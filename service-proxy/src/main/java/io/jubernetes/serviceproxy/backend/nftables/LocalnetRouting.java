package io.jubernetes.serviceproxy.backend.nftables;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The kernel's switch that lets connections from 127.0.0.1 leave the loopback interface, which node ports at 127.0.0.1
/// need. What it was before is noted in the table, in the name of an empty chain, so that whoever removes the table can
/// put it back.
final class LocalnetRouting {
    private static final Logger log = LoggerFactory.getLogger(LocalnetRouting.class);
    private static final String NOTE = "route-localnet-was-";

    private final Path file;

    /// @param proc where the proc file system is
    LocalnetRouting(Path proc) {
        this.file = proc.resolve("sys/net/ipv4/conf/all/route_localnet");
    }

    /// The note that tells the switch's state before ours. An older note is handed on, because the switch may
    /// be on by us already.
    ///
    /// @param chains the names of the chains in the table as it is
    String note(Set<String> chains) {
        return chains.stream()
                .filter(chain -> chain.startsWith(NOTE))
                .findFirst()
                .orElseGet(() -> NOTE + read());
    }

    /// Turns the switch on.
    void enable() {
        write("1");
    }

    /// Puts the switch back to what the note among the chains says.
    void restore(Set<String> chains) {
        if (chains.contains(NOTE + "0")) {
            write("0");
        }
    }

    private String read() {
        try {
            return Files.readString(file).strip().equals("1") ? "1" : "0";
        } catch (IOException _) {
            return "0";
        }
    }

    private void write(String value) {
        try {
            if (!Files.readString(file).strip().equals(value)) {
                Files.writeString(file, value);
            }
        } catch (IOException e) {
            log.info("node ports are not served at 127.0.0.1: cannot set {}: {}", file, e.getMessage());
        }
    }
}
