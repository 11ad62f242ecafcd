/// Where pods go, by kubectl on a cluster of three nodes.
@NullMarked
package io.jubernetes.systemtests.scheduling;

import org.jspecify.annotations.NullMarked;
