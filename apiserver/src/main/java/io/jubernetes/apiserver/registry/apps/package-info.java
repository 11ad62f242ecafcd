/// Strategies of the kinds of the API group `apps`.
@NullMarked
package io.jubernetes.apiserver.registry.apps;

import org.jspecify.annotations.NullMarked;
