/// Time as the suite sees it: deadlines for every wait, and back-off for every retry.
@NullMarked
package io.jubernetes.common.time;

import org.jspecify.annotations.NullMarked;
