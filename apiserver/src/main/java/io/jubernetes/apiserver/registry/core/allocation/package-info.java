/// Gives out the addresses and node ports of Services.
@NullMarked
package io.jubernetes.apiserver.registry.core.allocation;

import org.jspecify.annotations.NullMarked;
