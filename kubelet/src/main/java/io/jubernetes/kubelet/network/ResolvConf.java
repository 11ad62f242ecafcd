package io.jubernetes.kubelet.network;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodDNSConfig;
import io.fabric8.kubernetes.api.model.PodDNSConfigOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Name server settings.
///
/// @param servers addresses, at most three count
/// @param searches domains to try
/// @param options with their values: `ndots:5`
public record ResolvConf(List<String> servers, List<String> searches, List<String> options) {
    private static final int MOST_SERVERS = 3;
    private static final int MOST_SEARCHES = 32;

    public ResolvConf {
        servers = List.copyOf(servers);
        searches = List.copyOf(searches);
        options = List.copyOf(options);
    }

    /// Reads a `resolv.conf`; of several `search` lines the last one counts.
    public static ResolvConf parse(String text) {
        var servers = new ArrayList<String>();
        List<String> searches = List.of();
        List<String> options = List.of();
        for (String line : text.lines().toList()) {
            String[] words = line.strip().split("\\s+");
            List<String> rest = List.of(words).subList(1, words.length);
            switch (words[0]) {
                case "nameserver" -> rest.stream().limit(1).forEach(servers::add);
                case "search" -> searches = rest;
                case "options" -> options = rest;
                default -> {}
            }
        }
        return new ResolvConf(servers, searches, options);
    }

    /// The settings of a pod.
    ///
    /// @param host the machine's
    /// @param clusterDns addresses of the cluster's name servers
    /// @param clusterDomain such as `cluster.local`
    public static ResolvConf of(Pod pod, ResolvConf host, List<String> clusterDns, String clusterDomain) {
        String policy = pod.getSpec().getDnsPolicy();
        boolean hostNetwork = Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
        boolean cluster = "ClusterFirstWithHostNet".equals(policy)
                || (policy == null || policy.equals("ClusterFirst")) && !hostNetwork;
        ResolvConf base;
        if ("None".equals(policy)) {
            base = new ResolvConf(List.of(), List.of(), List.of());
        } else if (cluster && !clusterDns.isEmpty()) {
            String namespace = pod.getMetadata().getNamespace();
            List<String> searches = Stream.concat(
                            Stream.of(namespace + ".svc." + clusterDomain, "svc." + clusterDomain, clusterDomain),
                            host.searches().stream())
                    .distinct()
                    .toList();
            base = new ResolvConf(clusterDns, searches, List.of("ndots:5"));
        } else {
            base = host;
        }
        PodDNSConfig extra = pod.getSpec().getDnsConfig();
        return extra == null ? base : base.with(extra);
    }

    private ResolvConf with(PodDNSConfig extra) {
        var allServers = new LinkedHashSet<>(servers);
        allServers.addAll(extra.getNameservers());
        var allSearches = new LinkedHashSet<>(searches);
        allSearches.addAll(extra.getSearches());
        Map<String, String> allOptions = new LinkedHashMap<>();
        for (String option : options) {
            int colon = option.indexOf(':');
            allOptions.put(colon < 0 ? option : option.substring(0, colon), option);
        }
        for (PodDNSConfigOption option : extra.getOptions()) {
            String value = option.getValue();
            allOptions.put(
                    option.getName(),
                    value == null || value.isEmpty() ? option.getName() : option.getName() + ":" + value);
        }
        return new ResolvConf(List.copyOf(allServers), List.copyOf(allSearches), List.copyOf(allOptions.values()));
    }

    /// The file's text.
    public String text() {
        var text = new StringBuilder();
        if (!searches.isEmpty()) {
            text.append("search ")
                    .append(String.join(" ", searches.subList(0, Math.min(MOST_SEARCHES, searches.size()))))
                    .append('\n');
        }
        servers.stream()
                .limit(MOST_SERVERS)
                .forEach(server -> text.append("nameserver ").append(server).append('\n'));
        if (!options.isEmpty()) {
            text.append("options ").append(String.join(" ", options)).append('\n');
        }
        return text.toString();
    }
}
