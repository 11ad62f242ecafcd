/// One host's part in a cluster of several hosts: [InitCluster] makes the first one, [JoinCluster] brings
/// further ones in. They write keys, kubeconfig files and the services' flags below `/etc/jubernetes`,
/// start the services, and put into the API what other hosts need to join.
@NullMarked
package io.jubernetes.hyperkube.host;

import org.jspecify.annotations.NullMarked;
