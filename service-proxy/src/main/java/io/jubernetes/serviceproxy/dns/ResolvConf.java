package io.jubernetes.serviceproxy.dns;

import io.jubernetes.serviceproxy.rules.IpFamily;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Reads the machine's name servers.
final class ResolvConf {
    private static final int DNS_PORT = 53;
    private static final int MOST_SERVERS = 5;

    private ResolvConf() {}

    /// The name servers a file names; none when it cannot be read.
    ///
    /// @param exceptFor this server's own addresses: asking them would go round in a loop
    static List<InetSocketAddress> servers(Path file, Set<InetAddress> exceptFor) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException _) {
            return List.of();
        }
        var servers = new ArrayList<InetSocketAddress>();
        for (String line : lines) {
            String[] words = line.strip().split("\\s+");
            if (words.length >= 2
                    && words[0].equals("nameserver")
                    && IpFamily.of(words[1]).isPresent()
                    && servers.size() < MOST_SERVERS) {
                InetAddress address = InetAddress.ofLiteral(words[1]);
                if (!exceptFor.contains(address)) {
                    servers.add(new InetSocketAddress(address, DNS_PORT));
                }
            }
        }
        return List.copyOf(servers);
    }
}
