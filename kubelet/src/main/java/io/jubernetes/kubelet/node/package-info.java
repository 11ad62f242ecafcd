/// This node: what the machine has, the Node object that says so, and the Lease that says it is alive.
@NullMarked
package io.jubernetes.kubelet.node;

import org.jspecify.annotations.NullMarked;
