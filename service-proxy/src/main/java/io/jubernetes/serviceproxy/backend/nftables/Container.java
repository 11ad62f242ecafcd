package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.serviceproxy.rules.IpFamily;

/// The sets and maps of the table, which exist from the beginning. ADDRESS stands for the family's type.
enum Container {
    /// Where a connection to an address and port goes.
    SERVICES("map services", "type ADDRESS . inet_proto . inet_service : verdict;"),
    /// Where a connection to a port of the node goes.
    NODE_PORTS("map nodeports", "type inet_proto . inet_service : verdict;"),
    /// The endpoints by frontend and number. The number travels in the packet's priority: a type of fixed size is
    /// needed for a part of a key, and the priority of a connection's first packet is of no use to anybody else,
    /// while its mark may be.
    ENDPOINTS("map endpoints", "type ADDRESS . inet_proto . inet_service . classid : ADDRESS . inet_service;"),
    /// The same for ports of the node.
    NODE_PORT_ENDPOINTS("map nodeport-endpoints", "type inet_proto . inet_service . classid : ADDRESS . inet_service;"),
    /// What happens to a connection that has nowhere to go.
    REFUSALS("map refusals", "type ADDRESS . inet_proto . inet_service : verdict;"),
    /// The same for ports of the node.
    NODE_PORT_REFUSALS("map nodeport-refusals", "type inet_proto . inet_service : verdict;"),
    /// All addresses of Services inside the cluster: what still goes there after the maps were asked is refused.
    CLUSTER_IPS("set cluster-ips", "type ADDRESS;"),
    /// Endpoints of this node, twice: a connection from one to itself must be masqueraded, else it would answer itself
    /// without the kernel's help.
    HAIRPIN("set hairpin", "type ADDRESS . ADDRESS;");

    private final String declaration;
    private final String type;

    Container(String declaration, String type) {
        this.declaration = declaration;
        this.type = type;
    }

    /// The name alone.
    String label() {
        return declaration.substring(declaration.indexOf(' ') + 1);
    }

    boolean isMap() {
        return declaration.startsWith("map ");
    }

    /// How the skeleton declares it.
    String declared(IpFamily family) {
        return declaration + " { " + type.replace("ADDRESS", family == IpFamily.IPV4 ? "ipv4_addr" : "ipv6_addr")
                + " }";
    }
}
