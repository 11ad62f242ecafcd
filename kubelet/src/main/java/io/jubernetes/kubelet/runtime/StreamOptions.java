package io.jubernetes.kubelet.runtime;

/// Which streams of a command are wanted. With `tty` there is no separate stderr.
public record StreamOptions(boolean stdin, boolean stdout, boolean stderr, boolean tty) {}
