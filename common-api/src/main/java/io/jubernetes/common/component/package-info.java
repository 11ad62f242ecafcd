/// How a service of the suite is started with flags and stopped again. A service's command extends
/// [io.jubernetes.common.component.ComponentCommand]; its `main` is one line that hands the command to
/// [io.jubernetes.common.component.ComponentLauncher]. The launcher of all components starts the same commands in one
/// JVM.
@NullMarked
package io.jubernetes.common.component;

import org.jspecify.annotations.NullMarked;
