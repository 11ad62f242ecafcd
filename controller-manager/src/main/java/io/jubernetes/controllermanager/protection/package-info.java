/// Keeps volumes and claims that are in use from vanishing under those who use them.
@NullMarked
package io.jubernetes.controllermanager.protection;

import org.jspecify.annotations.NullMarked;
