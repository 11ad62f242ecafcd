package io.jubernetes.controllermanager.chaos;

import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.controllermanager.testing.Stage;
import java.time.Duration;
import java.util.List;

/// Services and where their traffic goes.
final class ServiceScenarios {
    private static final String SERVICE = """
            apiVersion: v1
            kind: Service
            metadata: {name: it}
            spec:
              selector: {app: it}
              ports: [{port: 80}]
            """;

    private ServiceScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of("endpointslice-controller", "discovery.k8s.io/v1/endpointslices", stage -> {
                    servePods(stage);
                    stage.await("four endpoints", () -> endpoints(stage) == 4);
                    stage.client()
                            .pods()
                            .inNamespace(stage.name())
                            .withName("a")
                            .delete();
                    stage.await("three endpoints", () -> endpoints(stage) == 3);
                }),
                Scenario.of("endpoints-controller", "v1/endpoints", stage -> {
                    servePods(stage);
                    stage.await("four addresses", () -> addresses(stage) == 4);
                    stage.client()
                            .pods()
                            .inNamespace(stage.name())
                            .withName("a")
                            .delete();
                    stage.await("three addresses", () -> addresses(stage) == 3);
                }),
                Scenario.of(
                        "endpointslice-mirroring-controller",
                        "discovery.k8s.io/v1/endpointslices",
                        ServiceScenarios::mirror),
                Scenario.of("service-cidr-controller", "networking.k8s.io/v1/servicecidrs", ServiceScenarios::range));
    }

    private static void servePods(Stage stage) {
        stage.play(_ -> "Running");
        stage.create(SERVICE);
        for (String pod : List.of("a", "b", "c", "d")) {
            stage.create(Manifests.pod(pod));
        }
        stage.await(
                "running pods",
                () -> stage.all(Pod.class).stream()
                        .allMatch(pod -> pod.getStatus().getPhase().equals("Running")));
    }

    private static int endpoints(Stage stage) {
        return stage.all(EndpointSlice.class).stream()
                .mapToInt(slice -> slice.getEndpoints().size())
                .sum();
    }

    private static int addresses(Stage stage) {
        return stage.all(Endpoints.class).stream()
                .flatMap(each -> each.getSubsets().stream())
                .mapToInt(subset -> subset.getAddresses().size())
                .sum();
    }

    private static void mirror(Stage stage) {
        stage.create(SERVICE.replace("selector: {app: it}", "type: ClusterIP"));
        stage.create("""
                apiVersion: v1
                kind: Endpoints
                metadata: {name: it}
                subsets:
                  - addresses: [{ip: 192.0.2.1}, {ip: 192.0.2.2}]
                    ports: [{port: 80}]
                """);
        stage.await("the mirror", () -> endpoints(stage) == 2);
        stage.patch(
                "/api/v1/namespaces/" + stage.name() + "/endpoints/it",
                "[{\"op\":\"remove\",\"path\":\"/subsets/0/addresses/0\"}]");
        stage.await("the mirror of the change", () -> endpoints(stage) == 1);
    }

    private static void range(Stage stage) {
        String ranges = """
                apiVersion: networking.k8s.io/v1
                kind: ServiceCIDR
                metadata: {name: NAME-SUFFIX}
                spec: {cidrs: [RANGE]}
                """;
        stage.create(ranges.replace("SUFFIX", "stays").replace("RANGE", "10.98.0.0/24"));
        stage.create(ranges.replace("SUFFIX", "goes").replace("RANGE", "10.99.0.0/24"));
        var goes = stage.client()
                .resources(io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR.class)
                .withName(stage.name() + "-goes");
        stage.await("it is ready", () -> !goes.get().getStatus().getConditions().isEmpty());
        goes.delete();
        stage.await("its end", () -> {
            stage.clock().pass(Duration.ofSeconds(5));
            return goes.get() == null;
        });
    }
}
