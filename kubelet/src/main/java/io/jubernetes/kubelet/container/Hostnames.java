package io.jubernetes.kubelet.container;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;

/// A pod's name for itself and others.
///
/// @param hostname what `hostname` prints
/// @param domain the rest of its full name; empty when it has none
public record Hostnames(String hostname, Optional<String> domain) {
    private static final int LONGEST = 63;

    /// @param clusterDomain such as `cluster.local`
    public static Hostnames of(Pod pod, String clusterDomain) {
        String override = pod.getSpec().getHostnameOverride();
        if (override != null && !override.isEmpty()) {
            return new Hostnames(override, Optional.empty());
        }
        String own = pod.getSpec().getHostname();
        String name = own != null && !own.isEmpty()
                ? own
                : truncated(pod.getMetadata().getName());
        String subdomain = pod.getSpec().getSubdomain();
        Optional<String> domain = subdomain == null || subdomain.isEmpty()
                ? Optional.empty()
                : Optional.of(subdomain + "." + pod.getMetadata().getNamespace() + ".svc." + clusterDomain);
        boolean full = Boolean.TRUE.equals(pod.getSpec().getSetHostnameAsFQDN());
        return full && domain.isPresent()
                ? new Hostnames(name + "." + domain.get(), domain)
                : new Hostnames(name, domain);
    }

    private static String truncated(String name) {
        if (name.length() <= LONGEST) {
            return name;
        }
        String cut = name.substring(0, LONGEST);
        int end = cut.length();
        while (end > 0 && (cut.charAt(end - 1) == '-' || cut.charAt(end - 1) == '.')) {
            end--;
        }
        return cut.substring(0, end);
    }
}
