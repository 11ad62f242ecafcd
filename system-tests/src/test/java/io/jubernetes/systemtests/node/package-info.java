/// What the node does with pods, seen through kubectl and the API: static pods, devices that pods claim.
@NullMarked
package io.jubernetes.systemtests.node;

import org.jspecify.annotations.NullMarked;
