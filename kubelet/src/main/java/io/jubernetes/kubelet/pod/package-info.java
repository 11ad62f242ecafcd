/// The life of pods on this node: one worker thread a pod, a pure plan of what is to be done next, and the
/// status that tells what is. Start at [io.jubernetes.kubelet.pod.PodWorkers].
@NullMarked
package io.jubernetes.kubelet.pod;

import org.jspecify.annotations.NullMarked;
