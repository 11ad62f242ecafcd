/// Where pods come from: the API server, and files on this machine. A source tells a
/// [io.jubernetes.kubelet.source.PodSink] which pods there shall be.
@NullMarked
package io.jubernetes.kubelet.source;

import org.jspecify.annotations.NullMarked;
