/// The kubelet's HTTPS server on port 10250: logs, exec and attach for the API server, and what the kubelet
/// tells about itself. The only package of the kubelet that uses Reactor; behind
/// [io.jubernetes.kubelet.server.BlockingFlow] all work is blocking code on virtual threads.
@NullMarked
package io.jubernetes.kubelet.server;

import org.jspecify.annotations.NullMarked;
