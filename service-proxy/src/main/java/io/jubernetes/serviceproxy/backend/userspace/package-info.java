/// Forwards connections and datagrams itself, for machines whose kernel has no nftables.
/// [io.jubernetes.serviceproxy.backend.userspace.UserspaceBackend] takes the rules: it makes the Services' addresses
/// the
/// machine's own by local routes, and listens at each with a
/// [io.jubernetes.serviceproxy.backend.userspace.TcpListener] or a
/// [io.jubernetes.serviceproxy.backend.userspace.UdpListener]. A
/// [io.jubernetes.serviceproxy.backend.userspace.Door] says which endpoints a client may be sent to.
@NullMarked
package io.jubernetes.serviceproxy.backend.userspace;

import org.jspecify.annotations.NullMarked;
