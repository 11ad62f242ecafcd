/// Gives every node a range of pod addresses out of the cluster's.
@NullMarked
package io.jubernetes.controllermanager.nodeipam;

import org.jspecify.annotations.NullMarked;
