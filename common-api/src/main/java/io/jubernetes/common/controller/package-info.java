/// What every controller is made of. A controller is a [io.jubernetes.common.controller.Reconciler] run by a
/// [io.jubernetes.common.controller.ControllerRunner] that takes keys from a
/// [io.jubernetes.common.controller.WorkQueue]; event handlers on [io.jubernetes.common.controller.Informers] put
/// the keys in. Beside them are what most need: events for users, leader election by Lease, and the check that a
/// cache has caught up with one's own writes.
@NullMarked
package io.jubernetes.common.controller;

import org.jspecify.annotations.NullMarked;
