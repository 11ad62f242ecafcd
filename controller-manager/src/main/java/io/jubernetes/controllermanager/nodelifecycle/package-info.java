/// Notices nodes that fall silent and marks them: conditions become Unknown, taints keep new pods away and, after
/// their toleration times, drive the others off (see the tainteviction package).
@NullMarked
package io.jubernetes.controllermanager.nodelifecycle;

import org.jspecify.annotations.NullMarked;
