/// The end of the machine: holds it up until this node's pods have ended, in the order of their priorities. Start at
/// [NodeShutdown]; [ShutdownOrder] decides who goes when, [ShutdownSignals] is where the machine's intent comes from.
@NullMarked
package io.jubernetes.kubelet.shutdown;

import org.jspecify.annotations.NullMarked;
