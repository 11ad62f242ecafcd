/// Fakes that the tests of all modules share: caches held in memory, recorded events.
@NullMarked
package io.jubernetes.common.testing;

import org.jspecify.annotations.NullMarked;
