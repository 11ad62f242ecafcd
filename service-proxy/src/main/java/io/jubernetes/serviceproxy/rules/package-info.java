/// What the proxy is to do: Services and their EndpointSlices go in, an immutable
/// [io.jubernetes.serviceproxy.rules.RuleSet] comes out. Everything here is pure, so it is tested by tables;
/// how the rules are carried out is a backend's business. Start at
/// [io.jubernetes.serviceproxy.rules.ServiceRules].
@NullMarked
package io.jubernetes.serviceproxy.rules;

import org.jspecify.annotations.NullMarked;
