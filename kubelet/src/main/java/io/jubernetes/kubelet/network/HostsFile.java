package io.jubernetes.kubelet.network;

import io.fabric8.kubernetes.api.model.HostAlias;
import java.util.List;

/// The content of a pod's `/etc/hosts`.
public final class HostsFile {
    private HostsFile() {}

    /// For a pod with an address of its own.
    ///
    /// @param domain empty when the pod has no full name
    public static String ofPod(List<String> podIps, String hostname, String domain, List<HostAlias> aliases) {
        var text = new StringBuilder("""
                # Kubernetes-managed hosts file.
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::0\tip6-localnet
                fe00::0\tip6-mcastprefix
                fe00::1\tip6-allnodes
                fe00::2\tip6-allrouters
                """);
        for (String ip : podIps) {
            text.append(ip).append('\t');
            if (!domain.isEmpty()) {
                text.append(hostname).append('.').append(domain).append('\t');
            }
            text.append(hostname).append('\n');
        }
        return text.append(entries(aliases)).toString();
    }

    /// For a pod on the host's network.
    ///
    /// @param hostsFile the machine's own
    public static String ofHost(String hostsFile, List<HostAlias> aliases) {
        return "# Kubernetes-managed hosts file (host network).\n" + hostsFile + entries(aliases);
    }

    private static String entries(List<HostAlias> aliases) {
        if (aliases.isEmpty()) {
            return "";
        }
        var text = new StringBuilder("\n# Entries added by HostAliases.\n");
        for (HostAlias alias : aliases) {
            text.append(alias.getIp())
                    .append('\t')
                    .append(String.join("\t", alias.getHostnames()))
                    .append('\n');
        }
        return text.toString();
    }
}
