/// Strategies of the kinds of the API group `policy`. [io.jubernetes.apiserver.registry.Strategies] lists them; nothing
/// else uses them.
@NullMarked
package io.jubernetes.apiserver.registry.policy;

import org.jspecify.annotations.NullMarked;
