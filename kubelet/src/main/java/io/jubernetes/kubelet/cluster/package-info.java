/// What the kubelet reads from the API server and writes to it, as narrow interfaces, and their
/// implementation on the fabric8 client. The rest of the kubelet sees the interfaces only, so that it can be
/// driven without an API server.
@NullMarked
package io.jubernetes.kubelet.cluster;

import org.jspecify.annotations.NullMarked;
