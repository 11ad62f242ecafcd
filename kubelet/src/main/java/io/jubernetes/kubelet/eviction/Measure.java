package io.jubernetes.kubelet.eviction;

/// How much there is of something, and how much of it is left.
record Measure(long available, long capacity) {}
