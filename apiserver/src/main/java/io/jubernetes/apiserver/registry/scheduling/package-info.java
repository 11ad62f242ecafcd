/// Priority classes. One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.scheduling;

import org.jspecify.annotations.NullMarked;
