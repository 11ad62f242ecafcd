/// The rules by which pods and nodes match, shared by the scheduler, which chooses nodes, and by the controllers that
/// know where their pods belong.
@NullMarked
package io.jubernetes.common.scheduling;

import org.jspecify.annotations.NullMarked;
