/// Runtime classes. One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.node;

import org.jspecify.annotations.NullMarked;
