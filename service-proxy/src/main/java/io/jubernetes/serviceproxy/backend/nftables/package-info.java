/// Forwards by the kernel's packet filter. Start at [io.jubernetes.serviceproxy.backend.nftables.NftablesBackend].
///
/// A connection to a Service is looked up once, in the verdict map `services` (or `nodeports`), which leads to one of a
/// few chains that all Services share: the chain draws a number below the count of endpoints, and the map `endpoints`
/// turns address, protocol, port and number into an endpoint. So a Service is nothing but map elements; putting one in
/// or changing it costs the same with ten Services and with ten thousand. Only session affinity needs chains and sets
/// of a Service's own.
@NullMarked
package io.jubernetes.serviceproxy.backend.nftables;

import org.jspecify.annotations.NullMarked;
