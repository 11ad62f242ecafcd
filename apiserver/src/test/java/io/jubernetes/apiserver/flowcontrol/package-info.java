/// Whose turn it is, and how many seats there are.
@NullMarked
package io.jubernetes.apiserver.flowcontrol;

import org.jspecify.annotations.NullMarked;
