package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.serviceproxy.rules.Protocol;

/// What a client connects to.
///
/// @param address empty for a port of the node at whatever address
record Frontend(String address, Protocol protocol, int port) {
    boolean isNodePort() {
        return address.isEmpty();
    }

    /// The key in the frontend maps.
    String key() {
        String port = protocol.lowerCase() + " . " + this.port;
        return isNodePort() ? port : address + " . " + port;
    }

    /// The key of one endpoint, its number in the hexadecimal form of a class id.
    String key(int number) {
        return key() + " . 0:" + Integer.toHexString(number);
    }
}
