/// From a pod's container to the container the runtime makes: environment, resources, security settings. Pure
/// functions of the pod and what it refers to.
@NullMarked
package io.jubernetes.kubelet.container;

import org.jspecify.annotations.NullMarked;
