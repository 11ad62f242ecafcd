/// The rules of the built-in kinds: one package an API group, one strategy a kind.
/// [io.jubernetes.apiserver.registry.Strategies] lists them all.
@NullMarked
package io.jubernetes.apiserver.registry;

import org.jspecify.annotations.NullMarked;
