/// Strategies of the kinds of the API group `autoscaling`. [io.jubernetes.apiserver.registry.Strategies] lists
/// them; nothing else uses them.
@NullMarked
package io.jubernetes.apiserver.registry.autoscaling;

import org.jspecify.annotations.NullMarked;
