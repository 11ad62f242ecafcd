package io.jubernetes.serviceproxy;

import io.jubernetes.common.component.ComponentCommand;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.component.ThisMachine;
import io.jubernetes.common.controller.ServiceOptions.DurationConverter;
import io.jubernetes.serviceproxy.backend.nftables.NftSettings;
import io.jubernetes.serviceproxy.backend.userspace.UserspaceSettings;
import io.jubernetes.serviceproxy.dns.DnsSettings;
import io.jubernetes.serviceproxy.dns.StubDomain;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The service proxy's command line, under upstream's flag names.
@Command(name = "service-proxy", description = "Makes Services reachable on this node and answers the cluster's DNS.")
public final class ServiceProxyCommand extends ComponentCommand {
    private static final String ANY = "0.0.0.0";

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description =
                    "Kubeconfig file that says how to reach the API server; without it the pod's service account.")
    private @Nullable Path kubeconfig;

    @Option(
            names = "--hostname-override",
            paramLabel = "NAME",
            defaultValue = "",
            description = "Name of the node instead of the machine's host name.")
    private String hostname = "";

    @Option(
            names = "--other-local-nodes",
            paramLabel = "NAME",
            split = ",",
            description = "Further nodes that this machine plays; their pods are here, too.")
    private List<String> otherNodes = List.of();

    @Option(
            names = "--bind-address",
            paramLabel = "IP",
            defaultValue = ANY,
            description = "The node's main address; " + ANY + " finds it by the default route.")
    private String bindAddress = ANY;

    @Option(
            names = "--cluster-cidr",
            paramLabel = "CIDR",
            split = ",",
            description =
                    "Addresses of all pods, one range a family. Traffic from elsewhere to Services is masqueraded.")
    private List<String> clusterCidrs = List.of();

    @Option(
            names = "--proxy-mode",
            paramLabel = "MODE",
            defaultValue = "nftables",
            description =
                    "Who forwards traffic: the kernel by nftables (default), or this process, userspace; that is also"
                            + " what happens where nftables is missing.")
    private String mode = "nftables";

    @Option(
            names = "--masquerade-all",
            paramLabel = "true|false",
            arity = "0..1",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Masquerade all traffic to Services.")
    private boolean masqueradeAll;

    @Option(
            names = "--iptables-masquerade-bit",
            paramLabel = "BIT",
            defaultValue = "14",
            description = "The bit of packet and connection marks that is this proxy's (${DEFAULT-VALUE}).")
    private int masqueradeBit = 14;

    @Option(
            names = "--iptables-localhost-nodeports",
            paramLabel = "true|false",
            arity = "0..1",
            defaultValue = "true",
            fallbackValue = "true",
            description = "Serve node ports at 127.0.0.1 too (${DEFAULT-VALUE}).")
    private boolean localhostNodePorts = true;

    @Option(
            names = "--nodeport-addresses",
            paramLabel = "CIDR|primary",
            split = ",",
            description = "Where node ports are served: ranges of the node's addresses, or primary; by default at all.")
    private List<String> nodePortAddresses = List.of();

    @Option(
            names = "--iptables-sync-period",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "How often the packet filter is looked after (${DEFAULT-VALUE}).")
    private Duration syncPeriod = Duration.ofSeconds(30);

    @Option(
            names = "--iptables-min-sync-period",
            paramLabel = "DURATION",
            defaultValue = "10ms",
            converter = DurationConverter.class,
            description = "For how long changes are collected before they are written (${DEFAULT-VALUE}).")
    private Duration minSyncPeriod = Duration.ofMillis(10);

    @Option(
            names = "--nftables-table",
            paramLabel = "NAME",
            defaultValue = NftSettings.DEFAULT_TABLE,
            description = "Name of the nftables tables (${DEFAULT-VALUE}); proxies on one machine need different ones.")
    private String table = NftSettings.DEFAULT_TABLE;

    @Option(
            names = "--userspace-tcp-idle-timeout",
            paramLabel = "DURATION",
            defaultValue = UserspaceSettings.DEFAULT_TCP_IDLE,
            converter = DurationConverter.class,
            description = "Userspace mode: how long a TCP connection may be silent (${DEFAULT-VALUE}).")
    private Duration tcpIdle = Duration.ofHours(1);

    @Option(
            names = "--udp-timeout",
            paramLabel = "DURATION",
            defaultValue = UserspaceSettings.DEFAULT_UDP_IDLE,
            converter = DurationConverter.class,
            description = "Userspace mode: how long a silent UDP client keeps its endpoint (${DEFAULT-VALUE}).")
    private Duration udpIdle = Duration.ofSeconds(30);

    @Option(
            names = "--healthz-bind-address",
            paramLabel = "IP:PORT",
            defaultValue = ANY + ":10256",
            description = "Where health is served (${DEFAULT-VALUE}); port 0 or an empty value for nowhere.")
    private String healthAddress = ANY + ":10256";

    @Option(
            names = "--metrics-bind-address",
            paramLabel = "IP:PORT",
            defaultValue = "127.0.0.1:10249",
            description = "Where metrics are served (${DEFAULT-VALUE}); port 0 or an empty value for nowhere.")
    private String metricsAddress = "127.0.0.1:10249";

    @Option(
            names = "--pod-routes",
            paramLabel = "true|false",
            arity = "0..1",
            defaultValue = "true",
            fallbackValue = "true",
            description = "Keep routes to the pods of other machines (${DEFAULT-VALUE}): direct where they are on one"
                    + " link, by VXLAN otherwise.")
    private boolean podRoutes = true;

    @Option(
            names = "--cluster-dns",
            paramLabel = "IP",
            split = ",",
            arity = "0..1",
            defaultValue = "10.96.0.10",
            fallbackValue = "",
            description = "Addresses at which this proxy answers the cluster's DNS (${DEFAULT-VALUE}); empty for none.")
    private List<String> clusterDns = List.of();

    @Option(
            names = "--cluster-domain",
            paramLabel = "DOMAIN",
            defaultValue = "cluster.local",
            description = "The cluster's domain (${DEFAULT-VALUE}).")
    private String clusterDomain = "cluster.local";

    @Option(
            names = "--dns-bind-address",
            paramLabel = "IP",
            defaultValue = "",
            description = "Where the DNS server listens; the node's main address by default.")
    private String dnsBindAddress = "";

    @Option(
            names = "--dns-port",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "The DNS server's port; 0 (default) for any free one: clients ask at --cluster-dns.")
    private int dnsPort;

    @Option(
            names = "--resolv-conf",
            paramLabel = "FILE",
            defaultValue = "/etc/resolv.conf",
            description = "The name servers for names outside the cluster (${DEFAULT-VALUE}).")
    private Path resolvConf = Path.of("/etc/resolv.conf");

    @Option(
            names = "--dns-stub-domain",
            paramLabel = "DOMAIN=IP[:PORT][+IP[:PORT]...]",
            split = ",",
            description = "Name servers for the names of one domain; may be given several times.")
    private List<String> stubDomains = List.of();

    @Mixin
    private IngressFlags ingress = new IngressFlags();

    @Override
    public RunningComponent start() throws StartupException {
        ProxyMode proxyMode = ProxyMode.of(mode)
                .orElseThrow(() -> new StartupException(
                        "--proxy-mode: \"" + mode + "\" is not available; use nftables or userspace"));
        InetAddress node = bindAddress.equals(ANY) || bindAddress.equals("::")
                ? ThisMachine.address()
                : address(bindAddress, "--bind-address");
        checkRanges(clusterCidrs, "--cluster-cidr");
        return ServiceProxy.start(
                new ServiceProxy.Options(
                        kubeconfig,
                        nodes(),
                        new SyncLoop.Periods(minSyncPeriod, syncPeriod),
                        dns(node),
                        proxyMode,
                        filter(nodePortRanges(node)),
                        podRoutes,
                        userspace(nodePortRanges(node)),
                        ingress.settings(node),
                        listen(healthAddress, "--healthz-bind-address"),
                        listen(metricsAddress, "--metrics-bind-address"),
                        shown()),
                Clock.systemUTC());
    }

    private List<String> nodes() throws StartupException {
        String name = hostname.isEmpty() ? ThisMachine.hostName() : hostname;
        return Stream.concat(Stream.of(name), otherNodes.stream())
                .map(each -> each.strip().toLowerCase(Locale.ROOT))
                .filter(each -> !each.isEmpty())
                .toList();
    }

    private NftSettings filter(List<String> nodePortRanges) throws StartupException {
        try {
            return new NftSettings(
                    table,
                    masqueradeBit,
                    masqueradeAll,
                    clusterCidrs,
                    nodePortRanges,
                    localhostNodePorts,
                    Optional.empty());
        } catch (IllegalArgumentException e) {
            throw new StartupException("--nftables-table, --iptables-masquerade-bit: " + e.getMessage(), e);
        }
    }

    private UserspaceSettings userspace(List<String> nodePortRanges) throws StartupException {
        try {
            return UserspaceSettings.of(table, clusterCidrs, nodePortRanges, localhostNodePorts, tcpIdle, udpIdle);
        } catch (IllegalArgumentException e) {
            throw new StartupException("--userspace-tcp-idle-timeout, --udp-timeout: " + e.getMessage(), e);
        }
    }

    private Optional<DnsSettings> dns(InetAddress node) throws StartupException {
        var addresses = new ArrayList<InetAddress>();
        for (String text : clusterDns) {
            if (!text.isBlank()) {
                addresses.add(address(text.strip(), "--cluster-dns"));
            }
        }
        if (addresses.isEmpty()) {
            return Optional.empty();
        }
        InetAddress bind = dnsBindAddress.isEmpty() ? node : address(dnsBindAddress, "--dns-bind-address");
        try {
            var stubs = stubDomains.stream().map(StubDomain::parse).toList();
            return Optional.of(new DnsSettings(clusterDomain, addresses, bind, dnsPort, resolvConf, stubs));
        } catch (IllegalArgumentException e) {
            throw new StartupException("--dns-stub-domain: " + e.getMessage(), e);
        }
    }

    private List<String> nodePortRanges(InetAddress node) throws StartupException {
        var ranges = new ArrayList<String>();
        for (String each : nodePortAddresses) {
            if (each.equals("primary")) {
                ranges.add(node.getHostAddress());
            } else if (!each.isBlank()) {
                ranges.add(each.strip());
            }
        }
        checkRanges(ranges, "--nodeport-addresses");
        return ranges;
    }

    private static void checkRanges(List<String> ranges, String flag) throws StartupException {
        for (String range : ranges) {
            if (!IpFamily.IPV4.hasRange(range) && !IpFamily.IPV6.hasRange(range)) {
                throw new StartupException(flag + ": \"" + range + "\" is not a range such as 10.244.0.0/16");
            }
        }
    }

    private static InetAddress address(String text, String flag) throws StartupException {
        if (IpFamily.of(text).isEmpty()) {
            throw new StartupException(flag + ": \"" + text + "\" is not an IP address");
        }
        return InetAddress.ofLiteral(text);
    }

    /// `IP`, `IP:PORT`, `:PORT` or `PORT`; empty and port 0 mean nowhere.
    private static Optional<InetSocketAddress> listen(String text, String flag) throws StartupException {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int port;
        try {
            port = Integer.parseInt(text, colon + 1, text.length(), 10);
        } catch (NumberFormatException e) {
            throw new StartupException(flag + ": \"" + text + "\" is not an address such as 0.0.0.0:10256", e);
        }
        if (port < 0 || port > 65_535) {
            throw new StartupException(flag + ": " + port + " is not a port");
        }
        if (port == 0) {
            return Optional.empty();
        }
        return Optional.of(new InetSocketAddress(address(host.isEmpty() ? ANY : host, flag), port));
    }

    /// What `/configz` shows, in the words of upstream's configuration file.
    private Map<String, Object> shown() {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("kind", "KubeProxyConfiguration");
        shown.put("apiVersion", "kubeproxy.config.k8s.io/v1alpha1");
        shown.put("bindAddress", bindAddress);
        shown.put("clusterCIDR", String.join(",", clusterCidrs));
        shown.put("healthzBindAddress", healthAddress);
        shown.put("hostnameOverride", hostname);
        shown.put("metricsBindAddress", metricsAddress);
        shown.put("mode", mode);
        shown.put("nodePortAddresses", nodePortAddresses);
        return shown;
    }
}
