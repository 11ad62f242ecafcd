/// The container runtime on the Docker Engine. [io.jubernetes.kubelet.runtime.docker.DockerRuntime] is the
/// way in.
///
/// docker-java makes the calls that have one answer; exec, attach, logs, pulls and events are streams and go
/// over a small HTTP client of our own ([DockerHttp]), because docker-java's transports cannot half-close a
/// stream and hold a platform thread for each.
@NullMarked
package io.jubernetes.kubelet.runtime.docker;

import org.jspecify.annotations.NullMarked;
