package io.jubernetes.kubelet.runtime;

import java.time.Instant;

/// A running container's use of resources.
///
/// @param cpuNanos processor time since it started
/// @param memoryUsage bytes with page cache
/// @param workingSet bytes without what the kernel can drop at once
/// @param pids number of processes
public record ContainerUsage(Instant at, long cpuNanos, long memoryUsage, long workingSet, long rss, long pids) {}
