/// Cluster DNS on every node: names of Services, their endpoints and pods after the Kubernetes DNS specification 1.1,
/// everything else from the machine's own name servers. [io.jubernetes.serviceproxy.dns.DnsServer] listens,
/// [io.jubernetes.serviceproxy.dns.ClusterZone] knows the cluster's names (pure, from caches),
/// [io.jubernetes.serviceproxy.dns.Upstreams] asks others.
@NullMarked
package io.jubernetes.serviceproxy.dns;

import org.jspecify.annotations.NullMarked;
