package io.jubernetes.serviceproxy.ingress;

import static io.jubernetes.serviceproxy.Objects.at;
import static io.jubernetes.serviceproxy.Objects.port;
import static io.jubernetes.serviceproxy.Objects.ready;
import static io.jubernetes.serviceproxy.Objects.service;
import static io.jubernetes.serviceproxy.Objects.slice;
import static io.jubernetes.serviceproxy.Objects.unready;
import static io.jubernetes.serviceproxy.ingress.Ingresses.backend;
import static io.jubernetes.serviceproxy.ingress.Ingresses.ingress;
import static io.jubernetes.serviceproxy.ingress.Ingresses.path;
import static io.jubernetes.serviceproxy.ingress.Ingresses.rule;
import static io.jubernetes.serviceproxy.ingress.Ingresses.tls;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressBackendBuilder;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.rules.Target;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IngressPlannerTest {
    private static final Map<String, Service> SERVICES = Map.of(
            "a", service("a", "10.96.0.5", port("http", 80)),
            "b", service("b", "None", port("http", 80)),
            "elsewhere", service("elsewhere", "", spec -> spec.withType("ExternalName")));
    private static final Map<String, List<EndpointSlice>> SLICES = Map.of(
            "a", List.of(slice("a", at("http", 8080), ready("10.244.0.2"), unready("10.244.0.3"))),
            "b", List.of(slice("b", at("http", 9090), ready("10.244.0.4"))));

    private final IngressPlanner.Cluster cluster = new IngressPlanner.Cluster() {
        @Override
        public Optional<Service> service(ObjectKey key) {
            return Optional.ofNullable(SERVICES.get(key.name()));
        }

        @Override
        public Collection<EndpointSlice> slices(ObjectKey service) {
            return SLICES.getOrDefault(service.name(), List.of());
        }

        @Override
        public Optional<Secret> secret(ObjectKey key) {
            return key.name().equals("bad")
                    ? Optional.of(Ingresses.secret("bad", "no certificate", "no key"))
                    : Optional.empty();
        }
    };

    /// @param routes as `host path kind backend`
    record Case(String name, List<Ingress> ingresses, List<String> routes, List<String> complaints) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(
                        "paths of each type",
                        List.of(ingress(
                                "one",
                                rule(
                                        "Example.com",
                                        path("Exact", "/exact/", "a"),
                                        path("Prefix", "/prefix/", "b"),
                                        path("ImplementationSpecific", "/", "a")))),
                        List.of(
                                "example.com  prefix default_a_80",
                                "example.com /exact/ exact default_a_80",
                                "example.com /prefix prefix default_b_80"),
                        List.of()),
                new Case(
                        "any host and wildcards",
                        List.of(ingress(
                                "one",
                                rule("", path("Prefix", "/x", "a")),
                                rule("*.foo.com", path("Prefix", "/", "b")))),
                        List.of(" /x prefix default_a_80", "*.foo.com  prefix default_b_80"),
                        List.of()),
                new Case(
                        "a default is for what no rule matches, of its hosts and of all others",
                        List.of(
                                ingress(
                                        "one",
                                        it -> it.editSpec()
                                                .withDefaultBackend(backend("b"))
                                                .endSpec(),
                                        rule("foo.com", path("Prefix", "/x", "a"))),
                                ingress("two", rule("", path("Prefix", "/", "a")))),
                        List.of(
                                "  prefix default_a_80",
                                "foo.com  prefix default_b_80",
                                "foo.com /x prefix default_a_80"),
                        List.of()),
                new Case(
                        "the older Ingress wins",
                        List.of(
                                ingress(
                                        "a-younger",
                                        it -> it.editMetadata()
                                                .withCreationTimestamp("2026-02-01T00:00:00Z")
                                                .endMetadata(),
                                        rule("foo.com", path("Prefix", "/", "b"))),
                                ingress("older", rule("foo.com", path("Prefix", "/", "a")))),
                        List.of("foo.com  prefix default_a_80"),
                        List.of("a-younger Conflict")),
                new Case(
                        "what is missing gets a route to nobody and an event",
                        List.of(ingress(
                                "one",
                                rule(
                                        "",
                                        path("Prefix", "/1", "missing"),
                                        path("Prefix", "/2", "elsewhere"),
                                        path("Prefix", "/with space", "a")))),
                        List.of(" /1 prefix default_missing_80", " /2 prefix default_elsewhere_80"),
                        List.of("one ServiceNotFound", "one UnsupportedBackend", "one InvalidPath")),
                new Case(
                        "only Services are backends",
                        List.of(ingress(
                                "one",
                                it -> it.editSpec()
                                        .withDefaultBackend(new IngressBackendBuilder()
                                                .withNewResource("example.com", "Bucket", "b")
                                                .build())
                                        .endSpec())),
                        List.of(),
                        List.of("one UnsupportedBackend")),
                new Case(
                        "bad and missing Secrets",
                        List.of(ingress("one", tls("none", "foo.com")), ingress("two", tls("bad", "foo.com"))),
                        List.of(),
                        List.of("one SecretNotFound", "two InvalidSecret")));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void plans(Case each) {
        IngressPlanner.Result result = IngressPlanner.plan(each.ingresses(), cluster);
        assertThat(result.plan().routes())
                .extracting(route ->
                        route.host() + " " + route.path() + (route.exact() ? " exact " : " prefix ") + route.backend())
                .containsExactlyElementsOf(each.routes());
        assertThat(result.complaints())
                .extracting(complaint -> complaint.ingress().getMetadata().getName() + " " + complaint.reason())
                .containsExactlyElementsOf(each.complaints());
    }

    @Test
    void backendsAreTheReadyEndpointsOfServicesWithAndWithoutAddress() {
        var plan = IngressPlanner.plan(
                        List.of(ingress("one", rule("", path("Prefix", "/a", "a"), path("Prefix", "/b", "b")))),
                        cluster)
                .plan();
        assertThat(plan.backends().get("default_a_80"))
                .extracting(Target::address, Target::port)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("10.244.0.2", 8080));
        assertThat(plan.backends().get("default_b_80"))
                .extracting(Target::address, Target::port)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("10.244.0.4", 9090));
    }
}
