package io.jubernetes.serviceproxy;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.serviceproxy.ingress.IngressSettings;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The flags of the ingress controller.
final class IngressFlags {
    @Option(
            names = "--ingress",
            paramLabel = "true|false",
            arity = "0..1",
            defaultValue = "false",
            fallbackValue = "true",
            description =
                    "Serve the Ingresses of class controller jubernetes.io/haproxy by HAProxy (${DEFAULT-VALUE}).")
    private boolean ingress;

    @Option(
            names = "--ingress-haproxy",
            paramLabel = "FILE",
            defaultValue = "haproxy",
            description = "The HAProxy to run (${DEFAULT-VALUE}), 2.5 or newer.")
    private String program = "haproxy";

    @Option(
            names = "--ingress-bind-address",
            paramLabel = "IP",
            defaultValue = "*",
            description = "Where Ingresses are served (${DEFAULT-VALUE}: at all addresses).")
    private String address = "*";

    @Option(
            names = "--ingress-http-port",
            paramLabel = "PORT",
            defaultValue = "80",
            description = "The port for HTTP (${DEFAULT-VALUE}).")
    private int httpPort = 80;

    @Option(
            names = "--ingress-https-port",
            paramLabel = "PORT",
            defaultValue = "443",
            description = "The port for HTTPS (${DEFAULT-VALUE}).")
    private int httpsPort = 443;

    @Option(
            names = "--ingress-publish-address",
            paramLabel = "IP",
            split = ",",
            description = "What the Ingresses' status says, the same on all nodes; the node's main address by default.")
    private List<String> published = List.of();

    /// The settings; empty when Ingresses are somebody else's.
    Optional<IngressSettings> settings(InetAddress node) throws StartupException {
        if (!ingress) {
            return Optional.empty();
        }
        for (String each : published) {
            if (IpFamily.of(each).isEmpty()) {
                throw new StartupException("--ingress-publish-address: \"" + each + "\" is not an IP address");
            }
        }
        if (!address.equals("*") && IpFamily.of(address).isEmpty()) {
            throw new StartupException("--ingress-bind-address: \"" + address + "\" is not an IP address");
        }
        for (int port : List.of(httpPort, httpsPort)) {
            if (port < 1 || port > 65_535) {
                throw new StartupException("--ingress-http-port, --ingress-https-port: " + port + " is not a port");
            }
        }
        List<String> addresses = published.isEmpty() ? List.of(node.getHostAddress()) : published;
        return Optional.of(new IngressSettings(program, address, httpPort, httpsPort, addresses));
    }
}
