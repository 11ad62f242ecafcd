/// Flow schemas and priority levels. One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists
/// them.
@NullMarked
package io.jubernetes.apiserver.registry.flowcontrol;

import org.jspecify.annotations.NullMarked;
