/// The controller manager: [io.jubernetes.controllermanager.ControllerManagerCommand] is its command line,
/// [io.jubernetes.controllermanager.ControllerList] lists the controllers, each in a package of its own. They
/// share the caches of one [io.jubernetes.controllermanager.ControllerContext].
@NullMarked
package io.jubernetes.controllermanager;

import org.jspecify.annotations.NullMarked;
