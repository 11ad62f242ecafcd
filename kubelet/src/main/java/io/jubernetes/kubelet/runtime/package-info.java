/// What the kubelet asks of a container runtime: sandboxes, containers, images, streams and events. Start at
/// [io.jubernetes.kubelet.runtime.ContainerRuntime]. Implementations live in packages below this one;
/// everything else in the kubelet sees only these types.
@NullMarked
package io.jubernetes.kubelet.runtime;

import org.jspecify.annotations.NullMarked;
