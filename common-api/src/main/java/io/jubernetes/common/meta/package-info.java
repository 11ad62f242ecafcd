/// What every object has in common: keys, labels and label selectors, quantities. Pure values, no I/O.
@NullMarked
package io.jubernetes.common.meta;

import org.jspecify.annotations.NullMarked;
