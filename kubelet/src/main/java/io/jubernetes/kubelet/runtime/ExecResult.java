package io.jubernetes.kubelet.runtime;

/// How a command ended.
///
/// @param output what it wrote to both streams, cut at 10 KiB
public record ExecResult(int exitCode, String output) {}
