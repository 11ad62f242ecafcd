/// The service proxy of one node: it makes connections to Services reach their endpoints and answers the cluster's DNS.
/// Start at [io.jubernetes.serviceproxy.ServiceProxy]; the command line is
/// [io.jubernetes.serviceproxy.ServiceProxyCommand]. Several run in one JVM as long as their tables and ports differ.
@NullMarked
package io.jubernetes.serviceproxy;

import org.jspecify.annotations.NullMarked;
