package io.jubernetes.kubelet.runtime;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// Which part of a log is wanted.
///
/// @param tail the last so many lines; empty for all
/// @param tty whether the container's output is one unframed stream
public record LogOptions(
        boolean follow,
        boolean timestamps,
        OptionalLong tail,
        Optional<Instant> since,
        boolean stdout,
        boolean stderr,
        boolean tty) {}
