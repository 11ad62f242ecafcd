package io.jubernetes.serviceproxy.rules;

/// What a client connects to.
///
/// @param address empty for a port of the node at whatever address
public record Frontend(String address, Protocol protocol, int port) {
    public boolean isNodePort() {
        return address.isEmpty();
    }
}
