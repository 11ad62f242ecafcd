/// One program for everything: each component by its name, all of them in one JVM, and the commands of `./jube`.
@NullMarked
package io.jubernetes.hyperkube;

import org.jspecify.annotations.NullMarked;
