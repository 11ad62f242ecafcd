package io.jubernetes.hyperkube.host;

import io.jubernetes.common.component.StartupException;
import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Pattern;

/// This host, as the cluster knows it.
///
/// @param name of its node
/// @param address by which other hosts reach it
public record Host(String name, String address) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

    /// A host whose name and address can be a node's.
    ///
    /// @throws StartupException naming the flag that is wrong
    public static Host of(String name, String address) throws StartupException {
        String lower = name.toLowerCase(Locale.ROOT);
        if (!NAME.matcher(lower).matches()) {
            throw new StartupException("--node-name: \"" + name + "\" cannot be the name of a node:"
                    + " it has lower case letters, digits, '-' and '.'");
        }
        try {
            return new Host(lower, InetAddress.ofLiteral(address).getHostAddress());
        } catch (IllegalArgumentException e) {
            throw new StartupException("--advertise-address: \"" + address + "\" is not an IP address", e);
        }
    }
}
