/// Events, which the API shows in two versions. One strategy a kind;
/// [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.events;

import org.jspecify.annotations.NullMarked;
