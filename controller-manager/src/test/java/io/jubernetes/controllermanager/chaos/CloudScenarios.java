package io.jubernetes.controllermanager.chaos;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Service;
import io.jubernetes.controllermanager.testing.Stage;
import java.util.List;
import java.util.stream.Collectors;

/// The controllers of the cloud controller manager, in a place that the test plays.
final class CloudScenarios {
    private CloudScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of("cloud-node-controller", "v1/nodes", CloudScenarios::newNode),
                Scenario.of("cloud-node-lifecycle-controller", "v1/nodes", CloudScenarios::goneMachine),
                Scenario.of("service-lb-controller", "v1/services", CloudScenarios::addresses),
                Scenario.of("node-route-controller", "v1/nodes", CloudScenarios::routes));
    }

    private static Node node(Stage stage, String name) {
        return stage.client().nodes().withName(stage.name() + "-" + name).get();
    }

    private static void newNode(Stage stage) {
        String uninitialized = "{key: node.cloudprovider.kubernetes.io/uninitialized, effect: NoSchedule}";
        stage.create(
                Manifests.node("NAME-a").replace("status:\n", "spec: {taints: [" + uninitialized + "]}\nstatus:\n"));
        stage.await("what is known of it", () -> {
            Node it = node(stage, "a");
            return it.getSpec().getTaints().isEmpty()
                    && !it.getStatus().getAddresses().isEmpty();
        });
    }

    private static void goneMachine(Stage stage) {
        for (String name : List.of("a", "b")) {
            stage.create(Manifests.node("NAME-" + name).replace("status: \"True\"", "status: Unknown"));
        }
        stage.cloud().remove(stage.name() + "-a");
        stage.await("its end", () -> {
            stage.clock().pass(java.time.Duration.ofSeconds(2));
            return node(stage, "a") == null;
        });
    }

    private static void addresses(Stage stage) {
        List<String> names = List.of("a", "b", "c", "d");
        for (String name : names) {
            stage.create("""
                    apiVersion: v1
                    kind: Service
                    metadata: {name: SERVICE}
                    spec: {type: LoadBalancer, ports: [{port: 80}], allocateLoadBalancerNodePorts: false}
                    """.replace("SERVICE", name));
        }
        stage.await(
                "an address for each",
                () -> stage.all(Service.class).stream()
                                .flatMap(service -> service.getStatus().getLoadBalancer().getIngress().stream())
                                .map(LoadBalancerIngress::getIp)
                                .collect(Collectors.toSet())
                                .size()
                        == names.size());
        stage.client().services().inNamespace(stage.name()).withName("a").delete();
        stage.await("the end of one", () -> stage.all(Service.class).size() == names.size() - 1);
    }

    private static void routes(Stage stage) {
        for (int i = 1; i <= 3; i++) {
            stage.create(Manifests.node("NAME-" + i)
                            .replace(
                                    "status:\n",
                                    "spec: {podCIDR: 10.9.N.0/24, podCIDRs: [10.9.N.0/24]}\nstatus:\n"
                                            .replace("N", "" + i))
                    + "  addresses: [{type: InternalIP, address: 192.0.2." + i + "}]\n");
        }
        stage.await("three routes", () -> stage.cloud().ranges().size() == 3);
        stage.client().nodes().withName(stage.name() + "-1").delete();
        stage.await("two routes", () -> stage.cloud().ranges().equals(List.of("10.9.2.0/24", "10.9.3.0/24")));
    }
}
