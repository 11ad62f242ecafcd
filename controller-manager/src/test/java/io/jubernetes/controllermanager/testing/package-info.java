/// What tests of controllers share.
@NullMarked
package io.jubernetes.controllermanager.testing;

import org.jspecify.annotations.NullMarked;
