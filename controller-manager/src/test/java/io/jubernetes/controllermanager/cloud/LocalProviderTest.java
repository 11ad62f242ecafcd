package io.jubernetes.controllermanager.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Service;
import io.jubernetes.controllermanager.cloud.CloudProvider.Routes.Route;
import io.jubernetes.controllermanager.testing.Written;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalProviderTest {
    private static Service service(String name, String spec, String address) {
        return Written.as(
                Service.class,
                "{metadata: {name: %s, uid: %s}, spec: {type: LoadBalancer, %s}, status: {loadBalancer: {ingress: [%s]}}}"
                        .formatted(name, name, spec, address.isEmpty() ? "" : "{ip: '" + address + "'}"));
    }

    @ParameterizedTest(name = "{0} without {1}: {2}")
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "10.0.0.4-10.0.0.6 | 10.0.0.4 | 10.0.0.5",
                "10.0.0.0/29 | '' | 10.0.0.1",
                "10.0.0.9, 10.0.0.4 | 10.0.0.9 | 10.0.0.4",
                "10.0.0.9 | 10.0.0.9 | none",
                "'' | '' | none",
            })
    void theLowestFreeAddressIsNext(String pool, String taken, String next) {
        assertThat(AddressPool.parse(pool).next(false, Set.of(taken)).orElse(null))
                .isEqualTo(next);
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.com", "10.0.0.9-10.0.0.1", "10.0.0.0/40", "10.0.0.1-fd00::1"})
    void poolsThatCannotBeReadAreRefused(String pool) {
        assertThatThrownBy(() -> AddressPool.parse(pool)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void servicesKeepTheirAddresses() throws IOException {
        var provider = new LocalProvider(AddressPool.parse("10.0.0.1-10.0.0.2"), false);
        Service first = service("a", "", "10.0.0.2");
        Service second = service("b", "", "");
        var all = List.of(first, second);
        assertThat(provider.ensure(first, List.of(), all).getFirst().getIp()).isEqualTo("10.0.0.2");
        assertThat(provider.ensure(second, List.of(), all).getFirst().getIp()).isEqualTo("10.0.0.1");
        var third = service("c", "", "");
        var full = List.of(first, service("b", "", "10.0.0.1"), third);
        assertThatThrownBy(() -> provider.ensure(third, List.of(), full)).hasMessageContaining("no free IPv4 address");
        Service asking = service("d", "loadBalancerIP: 10.0.0.1", "");
        assertThat(provider.ensure(asking, List.of(), List.of(first, asking))
                        .getFirst()
                        .getIp())
                .isEqualTo("10.0.0.1");
        assertThatThrownBy(() -> provider.ensure(asking, List.of(), full)).hasMessageContaining("another Service's");
    }

    @Test
    void routesFollowTheNodes() {
        var nodes = List.of(
                Written.as(
                        Node.class,
                        "{metadata: {name: a}, spec: {podCIDRs: [10.244.0.0/24]}, status: {addresses: [{type:"
                                + " InternalIP, address: 192.168.0.1}]}}"),
                Written.as(Node.class, "{metadata: {name: b}, spec: {podCIDRs: [10.244.1.0/24]}}"));
        var plan = RouteController.Plan.of(
                nodes, List.of(new Route("192.168.0.9", "10.244.0.0/24"), new Route("192.168.0.2", "10.244.2.0/24")));
        assertThat(plan.create()).containsOnlyKeys(new Route("192.168.0.1", "10.244.0.0/24"));
        assertThat(plan.delete()).hasSize(2);
        assertThat(plan.complete()).containsExactly("a");
    }

    @Test
    void theProviderIsMadeFromItsSettings() {
        CloudProvider provider = new LocalProvider.LocalFactory().create(Map.of("routes", "true"));
        assertThat(provider.routes()).isPresent();
        assertThat(provider.loadBalancers()).isPresent();
    }
}
