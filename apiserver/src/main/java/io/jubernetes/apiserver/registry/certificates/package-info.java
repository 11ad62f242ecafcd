/// Certificate signing requests, and who has made them. One strategy a kind;
/// [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.certificates;

import org.jspecify.annotations.NullMarked;
