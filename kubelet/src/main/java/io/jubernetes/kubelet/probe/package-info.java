/// Probing containers: one virtual thread for each probe of each container.
/// [io.jubernetes.kubelet.probe.Probes] starts and stops them and knows what they found;
/// [io.jubernetes.kubelet.probe.ProbeTracker] is the pure part, which decides what a series of outcomes
/// means.
@NullMarked
package io.jubernetes.kubelet.probe;

import org.jspecify.annotations.NullMarked;
