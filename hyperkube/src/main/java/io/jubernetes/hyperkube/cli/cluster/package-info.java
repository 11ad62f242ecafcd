/// The commands of `jube cluster`: clusters of several hosts.
@NullMarked
package io.jubernetes.hyperkube.cli.cluster;

import org.jspecify.annotations.NullMarked;
