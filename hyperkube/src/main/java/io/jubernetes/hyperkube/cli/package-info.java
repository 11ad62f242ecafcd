/// The commands of `./jube`, one class each.
@NullMarked
package io.jubernetes.hyperkube.cli;

import org.jspecify.annotations.NullMarked;
