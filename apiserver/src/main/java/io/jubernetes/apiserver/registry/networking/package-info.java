/// Ingresses, ingress classes, network policies, and the ranges and addresses of services.
/// One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.networking;

import org.jspecify.annotations.NullMarked;
