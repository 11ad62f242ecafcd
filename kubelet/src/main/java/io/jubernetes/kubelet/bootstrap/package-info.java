/// How a node gets its certificates from the cluster: the first one by a bootstrap kubeconfig, the next ones before
/// the last runs out. [io.jubernetes.kubelet.bootstrap.ClientBootstrap] is for the start,
/// [io.jubernetes.kubelet.bootstrap.CertificateRotation] for the time after.
@NullMarked
package io.jubernetes.kubelet.bootstrap;

import org.jspecify.annotations.NullMarked;
