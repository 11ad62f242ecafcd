/// Removes pods that nobody else will: of nodes that are gone, terminated beyond the limit, deleted before they
/// had a node.
@NullMarked
package io.jubernetes.controllermanager.podgc;

import org.jspecify.annotations.NullMarked;
