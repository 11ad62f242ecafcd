/// What the controllers that own pods have in common: who owns what, adopting and releasing, making pods from a
/// template, the state of a pod.
@NullMarked
package io.jubernetes.controllermanager.workload;

import org.jspecify.annotations.NullMarked;
