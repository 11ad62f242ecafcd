@NullMarked
package io.jubernetes.hyperkube;

import org.jspecify.annotations.NullMarked;
