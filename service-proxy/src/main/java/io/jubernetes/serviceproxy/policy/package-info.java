/// NetworkPolicies, enforced on the node of the pods they select. [io.jubernetes.serviceproxy.policy.PolicyAgent]
/// follows the API, [io.jubernetes.serviceproxy.policy.PolicyCompiler] says what should be in the kernel (a pure
/// function), and [io.jubernetes.serviceproxy.policy.PolicyFilter] brings the kernel there by small transactions.
///
/// Packets that pass through the node are looked at after Services have been translated, so a policy is about pods'
/// own addresses. Packets of the node itself are not looked at: probes always get through, and a pod always reaches its
/// node.
@NullMarked
package io.jubernetes.serviceproxy.policy;

import org.jspecify.annotations.NullMarked;
