package io.jubernetes.kubelet.runtime;

/// What engine runs the containers.
///
/// @param name as in a container id's scheme: `docker`
/// @param version the engine's version
/// @param apiVersion the version of its API that is spoken
/// @param kernelVersion of the machine the engine runs on
/// @param operatingSystem its name for people: `Debian GNU/Linux 12 (bookworm)`
/// @param architecture Go's name of it: `amd64`, `arm64`
/// @param cgroupDriver `cgroupfs` or `systemd`
/// @param rootDirectory where the engine keeps images and containers
public record RuntimeVersion(
        String name,
        String version,
        String apiVersion,
        String kernelVersion,
        String operatingSystem,
        String architecture,
        String cgroupDriver,
        String rootDirectory) {}
