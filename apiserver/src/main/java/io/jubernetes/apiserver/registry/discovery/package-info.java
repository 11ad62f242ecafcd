/// Endpoint slices. One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.discovery;

import org.jspecify.annotations.NullMarked;
