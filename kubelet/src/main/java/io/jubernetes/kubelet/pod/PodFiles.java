package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.container.Hostnames;
import io.jubernetes.kubelet.network.HostsFile;
import io.jubernetes.kubelet.network.ResolvConf;
import io.jubernetes.kubelet.runtime.ContainerSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The files the kubelet itself puts into containers: names of hosts and name servers, and a place for last
/// words.
final class PodFiles {
    private static final String HOSTS = "/etc/hosts";
    private static final String RESOLV_CONF = "/etc/resolv.conf";
    private static final String DEFAULT_MESSAGE_PATH = "/dev/termination-log";

    private final PodTools tools;

    PodFiles(PodTools tools) {
        this.tools = tools;
    }

    /// Writes the pod's name files; to be called once its sandbox has an address.
    void write(Pod pod, List<String> podIps) throws IOException {
        String uid = pod.getMetadata().getUid();
        Files.createDirectories(tools.directories().pod(uid));
        var spec = pod.getSpec();
        Hostnames names = Hostnames.of(pod, tools.clusterDomain());
        boolean hostNetwork = Boolean.TRUE.equals(spec.getHostNetwork());
        String hosts = hostNetwork
                ? HostsFile.ofHost(read(Path.of(HOSTS)), spec.getHostAliases())
                : HostsFile.ofPod(podIps, bare(names), names.domain().orElse(""), spec.getHostAliases());
        put(tools.directories().hostsFile(uid), hosts);
        put(
                tools.directories().resolvConf(uid),
                ResolvConf.of(pod, tools.hostResolvConf().get(), tools.clusterDns(), tools.clusterDomain())
                        .text());
    }

    private static String bare(Hostnames names) {
        String domain = names.domain().map(text -> "." + text).orElse("");
        return !domain.isEmpty() && names.hostname().endsWith(domain)
                ? names.hostname().substring(0, names.hostname().length() - domain.length())
                : names.hostname();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    /// Over the old content, not in its place: containers have the file itself mounted.
    private static void put(Path file, String text) throws IOException {
        if (!Files.exists(file) || !Files.readString(file).equals(text)) {
            Files.writeString(file, text);
            Files.setAttribute(file, "unix:mode", 0644);
        }
    }

    /// Adds the mounts of these files unless the container mounts something there itself.
    void addMounts(Pod pod, Container container, Optional<Path> messageFile, List<ContainerSpec.Mount> mounts) {
        String uid = pod.getMetadata().getUid();
        var extra = new ArrayList<ContainerSpec.Mount>();
        extra.add(mount(tools.directories().hostsFile(uid), HOSTS));
        extra.add(mount(tools.directories().resolvConf(uid), RESOLV_CONF));
        messageFile.ifPresent(file -> extra.add(mount(file, messagePath(container))));
        for (ContainerSpec.Mount mount : extra) {
            if (mounts.stream().noneMatch(own -> own.containerPath().equals(mount.containerPath()))) {
                mounts.add(mount);
            }
        }
    }

    private static ContainerSpec.Mount mount(Path file, String path) {
        return new ContainerSpec.Mount(file.toString(), path, false, "private");
    }

    private static String messagePath(Container container) {
        String path = container.getTerminationMessagePath();
        return path == null || path.isEmpty() ? DEFAULT_MESSAGE_PATH : path;
    }

    /// A new file for a container's last words.
    Path messageFile(Pod pod, Container container, int attempt) throws IOException {
        Path directory = tools.directories().container(pod.getMetadata().getUid(), container.getName());
        Files.createDirectories(directory);
        Path file = directory.resolve("%08x".formatted(attempt));
        Files.deleteIfExists(file);
        Files.createFile(file);
        // Whatever user the container runs as shall be able to write it.
        Files.setAttribute(file, "unix:mode", 0666);
        return file;
    }
}
