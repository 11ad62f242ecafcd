package io.jubernetes.serviceproxy.rules;

import static io.jubernetes.serviceproxy.Objects.NODE;
import static io.jubernetes.serviceproxy.Objects.OTHER_NODE;
import static io.jubernetes.serviceproxy.Objects.at;
import static io.jubernetes.serviceproxy.Objects.atUdp;
import static io.jubernetes.serviceproxy.Objects.hinted;
import static io.jubernetes.serviceproxy.Objects.nodePort;
import static io.jubernetes.serviceproxy.Objects.port;
import static io.jubernetes.serviceproxy.Objects.ready;
import static io.jubernetes.serviceproxy.Objects.readyElsewhere;
import static io.jubernetes.serviceproxy.Objects.service;
import static io.jubernetes.serviceproxy.Objects.slice;
import static io.jubernetes.serviceproxy.Objects.terminating;
import static io.jubernetes.serviceproxy.Objects.udp;
import static io.jubernetes.serviceproxy.Objects.unready;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ServiceRulesTest {
    private static final Locality HERE = new Locality(Set.of(NODE), "zone-a");
    private static final Service WEB = service("web", "10.96.0.5", port("http", 80));

    /// @param targets `address:port` of the endpoints that get traffic
    record Case(String name, Service service, List<EndpointSlice> slices, List<String> targets) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case("no slices, no endpoints", WEB, List.of(), List.of()),
                new Case(
                        "ready endpoints in order",
                        WEB,
                        List.of(slice("web", at("http", 8080), ready("10.244.0.9"), ready("10.244.0.2"))),
                        List.of("10.244.0.2:8080", "10.244.0.9:8080")),
                new Case(
                        "endpoints that are not ready get nothing",
                        WEB,
                        List.of(slice("web", at("http", 8080), ready("10.244.0.2"), unready("10.244.0.3"))),
                        List.of("10.244.0.2:8080")),
                new Case(
                        "one that is terminating gets nothing while another is ready",
                        WEB,
                        List.of(slice("web", at("http", 8080), ready("10.244.0.2"), terminating("10.244.0.3", true))),
                        List.of("10.244.0.2:8080")),
                new Case(
                        "those that terminate and serve get all when none is ready",
                        WEB,
                        List.of(slice(
                                "web",
                                at("http", 8080),
                                unready("10.244.0.2"),
                                terminating("10.244.0.3", true),
                                terminating("10.244.0.4", false))),
                        List.of("10.244.0.3:8080")),
                new Case(
                        "the port of the same name, each slice with its own number",
                        WEB,
                        List.of(
                                slice("web", "a", List.of(at("admin", 9), at("http", 8080)), ready("10.244.0.2")),
                                slice("web", "b", List.of(at("http", 8081)), ready("10.244.0.3")),
                                slice("web", "c", List.of(at("admin", 9)), ready("10.244.0.4"))),
                        List.of("10.244.0.2:8080", "10.244.0.3:8081")),
                new Case(
                        "those meant for this node, where every one is meant for somebody",
                        WEB,
                        List.of(slice(
                                "web",
                                at("http", 8080),
                                hinted("10.244.0.2", NODE, "zone-a"),
                                hinted("10.244.0.3", OTHER_NODE, "zone-a"))),
                        List.of("10.244.0.2:8080")),
                new Case(
                        "those meant for this zone, where none is meant for this node",
                        WEB,
                        List.of(slice(
                                "web",
                                at("http", 8080),
                                hinted("10.244.0.2", OTHER_NODE, "zone-a"),
                                hinted("10.244.0.3", OTHER_NODE, "zone-b"))),
                        List.of("10.244.0.2:8080")),
                new Case(
                        "all, where none is near",
                        WEB,
                        List.of(slice(
                                "web",
                                at("http", 8080),
                                hinted("10.244.0.2", OTHER_NODE, "zone-b"),
                                hinted("10.244.0.3", OTHER_NODE, "zone-c"))),
                        List.of("10.244.0.2:8080", "10.244.0.3:8080")),
                new Case(
                        "all, where one is meant for nobody",
                        WEB,
                        List.of(slice(
                                "web", at("http", 8080), hinted("10.244.0.2", NODE, "zone-a"), ready("10.244.0.3"))),
                        List.of("10.244.0.2:8080", "10.244.0.3:8080")),
                new Case(
                        "hints of those that are not ready do not count",
                        WEB,
                        List.of(slice(
                                "web", at("http", 8080), hinted("10.244.0.2", NODE, "zone-a"), unready("10.244.0.3"))),
                        List.of("10.244.0.2:8080")),
                new Case(
                        "an unnamed port",
                        service("web", "10.96.0.5", port("", 80)),
                        List.of(slice("web", at("", 8080), ready("10.244.0.2"))),
                        List.of("10.244.0.2:8080")),
                new Case(
                        "a port of another protocol is another port",
                        service("web", "10.96.0.5", udp("http", 80)),
                        List.of(slice("web", at("http", 8080), ready("10.244.0.2"))),
                        List.of()),
                new Case(
                        "an endpoint in two slices counts once, as ready if one says so",
                        WEB,
                        List.of(
                                slice("web", "a", List.of(at("http", 8080)), terminating("10.244.0.2", true)),
                                slice("web", "b", List.of(at("http", 8080)), ready("10.244.0.2"))),
                        List.of("10.244.0.2:8080")),
                new Case(
                        "slices of the other family and broken addresses are passed over",
                        WEB,
                        List.of(
                                slice("web", "a", List.of(at("http", 8080)), ready("fd00::2")),
                                slice("web", "b", List.of(at("http", 8080)), ready("nonsense"), ready("10.244.0.2"))),
                        List.of("10.244.0.2:8080")),
                new Case(
                        "no conditions mean ready",
                        WEB,
                        List.of(slice(
                                "web",
                                at("http", 8080),
                                new EndpointBuilder()
                                        .withAddresses("10.244.0.2")
                                        .build())),
                        List.of("10.244.0.2:8080")));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void choosesEndpoints(Case c) {
        List<ServiceRule> rules = ServiceRules.of(c.service(), c.slices(), HERE);
        assertThat(rules).hasSize(1);
        assertThat(rules.getFirst().targets().stream().map(target -> target.address() + ":" + target.port()))
                .isEqualTo(c.targets());
    }

    static Stream<Service> servicesWithoutRules() {
        return Stream.of(
                service("headless", "None", port("http", 80)),
                service("pending", "", port("http", 80)),
                service("external", "", spec -> spec.withType("ExternalName").withExternalName("example.com")),
                new ServiceBuilder(WEB)
                        .editMetadata()
                        .addToLabels(ServiceRules.OTHER_PROXY, "mine")
                        .endMetadata()
                        .build(),
                service(
                        "unknown-protocol",
                        "10.96.0.5",
                        new io.fabric8.kubernetes.api.model.ServicePortBuilder()
                                .withPort(1)
                                .withProtocol("DCCP")
                                .build()));
    }

    @ParameterizedTest
    @MethodSource("servicesWithoutRules")
    void leavesAlone(Service service) {
        var slices = List.of(slice("web", at("http", 8080), ready("10.244.0.2")));
        assertThat(ServiceRules.of(service, slices, HERE)).isEmpty();
    }

    @Test
    void keepsWhatIsOutsideTheCluster() {
        Service service = new ServiceBuilder(service(
                        "web",
                        "10.96.0.5",
                        spec -> spec.withType("LoadBalancer")
                                .withExternalIPs("203.0.113.2", "2001:db8::1", "203.0.113.1")
                                .withLoadBalancerSourceRanges("198.51.100.0/24", "2001:db8::/32", "rubbish/1")
                                .withSessionAffinity("ClientIP")
                                .withExternalTrafficPolicy("Local")
                                .withHealthCheckNodePort(31_000),
                        nodePort("http", 80, 30_080)))
                .withNewStatus()
                .withNewLoadBalancer()
                .addNewIngress()
                .withIp("203.0.113.9")
                .endIngress()
                .addNewIngress()
                .withIp("203.0.113.10")
                .withIpMode("Proxy")
                .endIngress()
                .addNewIngress()
                .withHostname("lb.example.com")
                .endIngress()
                .endLoadBalancer()
                .endStatus()
                .build();
        var slices = List.of(slice("web", at("http", 8080), ready("10.244.0.2"), readyElsewhere("10.244.1.2")));

        ServiceRule rule = ServiceRules.of(service, slices, HERE).getFirst();

        assertThat(rule.externalIps()).containsExactly("203.0.113.1", "203.0.113.2");
        assertThat(rule.loadBalancerIps()).containsExactly("203.0.113.9");
        assertThat(rule.sourceRanges()).containsExactly("198.51.100.0/24");
        assertThat(rule.affinity()).contains(Duration.ofHours(3));
        assertThat(rule.nodePort()).isEqualTo(30_080);
        assertThat(rule.healthCheckNodePort()).isEqualTo(31_000);
        assertThat(rule.externalTargets()).containsExactly(new Target("10.244.0.2", 8080, Target.Place.HERE));
        assertThat(rule.internalTargets()).hasSize(2);
    }

    @Test
    void localPolicyFallsBackByItself() {
        Service service =
                service("web", "10.96.0.5", spec -> spec.withInternalTrafficPolicy("Local"), port("http", 80));
        var slices =
                List.of(slice("web", at("http", 8080), terminating("10.244.0.2", true), readyElsewhere("10.244.1.2")));

        ServiceRule rule = ServiceRules.of(service, slices, HERE).getFirst();

        assertThat(rule.targets()).extracting(Target::address).containsExactly("10.244.1.2");
        assertThat(rule.internalTargets()).extracting(Target::address).containsExactly("10.244.0.2");
    }

    @Test
    void makesARuleForEachPortAndFamily() {
        Service service = service(
                "dual",
                "10.96.0.5",
                spec -> spec.withClusterIPs("10.96.0.5", "fd00:96::5"),
                port("http", 80),
                udp("dns", 53));
        var slices = List.of(
                slice("dual", "a", List.of(at("http", 8080), atUdp("dns", 5353)), ready("10.244.0.2")),
                slice("dual", "b", List.of(at("http", 8080), atUdp("dns", 5353)), ready("fd00:244::2")));

        assertThat(ServiceRules.of(service, slices, HERE).stream()
                        .map(rule -> rule.name() + " " + rule.clusterIp() + ":" + rule.port() + " -> "
                                + rule.targets().getFirst().address() + ":"
                                + rule.targets().getFirst().port()))
                .containsExactlyInAnyOrder(
                        "default/dual/tcp/http 10.96.0.5:80 -> 10.244.0.2:8080",
                        "default/dual/udp/dns 10.96.0.5:53 -> 10.244.0.2:5353",
                        "default/dual/tcp/http fd00:96::5:80 -> fd00:244::2:8080",
                        "default/dual/udp/dns fd00:96::5:53 -> fd00:244::2:5353");
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.CsvSource({
        "10.0.0.1, IPV4",
        "fd00::1, IPV6",
        "::, IPV6",
        "10.1,",
        "10,",
        "1.2.3.256,",
        "fe80::1%eth0,",
        "example.com,",
        "::ffff:1.2.3.4,"
    })
    void knowsAddresses(String text, @org.jspecify.annotations.Nullable IpFamily family) {
        assertThat(IpFamily.of(text).orElse(null)).isEqualTo(family);
    }
}
