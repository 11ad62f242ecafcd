/// The server's side of SPDY/3.1, over which older clients and API servers stream commands and forward ports.
/// Frames are Netty's; streams here are blocking, for virtual threads. There is no flow control beyond TCP's,
/// as in the other implementations that Kubernetes clients use: windows are neither announced nor waited for.
@NullMarked
package io.jubernetes.kubelet.spdy;

import org.jspecify.annotations.NullMarked;
