/// The built-in ingress controller: HAProxy, configured after the cluster's Ingresses of the class controller
/// `jubernetes.io/haproxy`. [io.jubernetes.serviceproxy.ingress.IngressController] watches,
/// [io.jubernetes.serviceproxy.ingress.IngressPlanner] decides (pure),
/// [io.jubernetes.serviceproxy.ingress.HaproxyFiles]
/// writes the plan in HAProxy's language (pure), [io.jubernetes.serviceproxy.ingress.Haproxy] runs it. A plan knows
/// nothing of Ingress objects, so that another API, such as Gateway, can make plans too.
@NullMarked
package io.jubernetes.serviceproxy.ingress;

import org.jspecify.annotations.NullMarked;
