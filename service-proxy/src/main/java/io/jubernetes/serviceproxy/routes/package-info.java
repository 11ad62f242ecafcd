/// Leads packets for pods of other machines to these machines: by plain routes where both are on one link, by VXLAN
/// where a router is between them. Start at [io.jubernetes.serviceproxy.routes.RouteAgent].
@NullMarked
package io.jubernetes.serviceproxy.routes;

import org.jspecify.annotations.NullMarked;
