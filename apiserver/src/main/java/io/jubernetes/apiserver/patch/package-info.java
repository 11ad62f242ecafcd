/// JSON patch (RFC 6902), JSON merge patch (RFC 7386) and strategic merge patch. Pure functions over trees:
/// none changes its arguments.
@NullMarked
package io.jubernetes.apiserver.patch;

import org.jspecify.annotations.NullMarked;
