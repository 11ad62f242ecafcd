/// Makes load balancers' addresses known on the link: one node at a time takes an address as its own, so that its
/// kernel answers when neighbours ask for it, and another takes over when that node fails. Start at
/// [io.jubernetes.serviceproxy.announce.Announcer]; who has an address is decided by
/// [io.jubernetes.serviceproxy.announce.AddressOwner], a pure function that gives the same answer on every node.
@NullMarked
package io.jubernetes.serviceproxy.announce;

import org.jspecify.annotations.NullMarked;
