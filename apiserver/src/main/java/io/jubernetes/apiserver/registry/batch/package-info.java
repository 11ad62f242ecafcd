/// Strategies of the kinds of the API group `batch`.
@NullMarked
package io.jubernetes.apiserver.registry.batch;

import org.jspecify.annotations.NullMarked;
