/// A cluster on this machine: where its files are, its keys, its components in one JVM.
@NullMarked
package io.jubernetes.hyperkube.cluster;

import org.jspecify.annotations.NullMarked;
