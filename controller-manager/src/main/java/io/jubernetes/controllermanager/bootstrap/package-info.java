/// Bootstrap tokens, by which new nodes join: signs the public cluster information with them, and removes those
/// whose time is over.
@NullMarked
package io.jubernetes.controllermanager.bootstrap;

import org.jspecify.annotations.NullMarked;
