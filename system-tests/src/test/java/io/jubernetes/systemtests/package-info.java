/// Tests over the whole product: the rules between its modules, and clusters on this machine as a person would run
/// them.
@NullMarked
package io.jubernetes.systemtests;

import org.jspecify.annotations.NullMarked;
