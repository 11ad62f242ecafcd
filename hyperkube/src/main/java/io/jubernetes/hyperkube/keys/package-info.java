/// The keys, certificates and kubeconfig files of a cluster's control plane: which there are, and that they
/// are there and valid.
@NullMarked
package io.jubernetes.hyperkube.keys;

import org.jspecify.annotations.NullMarked;
