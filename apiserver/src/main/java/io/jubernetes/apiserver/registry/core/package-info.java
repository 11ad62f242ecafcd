/// Strategies of the kinds of the API group `core`.
@NullMarked
package io.jubernetes.apiserver.registry.core;

import org.jspecify.annotations.NullMarked;
