/// Leases. One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.coordination;

import org.jspecify.annotations.NullMarked;
