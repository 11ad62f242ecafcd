package io.jubernetes.systemtests.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.systemtests.ClientPrograms;
import io.jubernetes.systemtests.Kubectl;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.Machine;
import io.jubernetes.systemtests.SharedCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Pods on a second network, by the container engine's `macvlan` driver, and on ports of the node.
@ExtendWith(SharedCluster.class)
class PodNetworksTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String ID = Long.toString(ProcessHandle.current().pid() % 100_000);
    private static final String NETWORK = "aaa-jubernetes-test-" + ID;
    private static final String CLOSED = NETWORK + "-closed";
    private static final String PARENT = "jubt" + ID;
    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata: {name: NAME, annotations: {jubernetes.io/networks: NETWORK}}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
                - name: main
                  image: IMAGE
                  command: [busybox, httpd, -f, -p, "8080", -h, /srv]
                  ports: [{containerPort: 8080 HOST_PORT}]
            """.replace("IMAGE", LocalCluster.IMAGE);

    private Kubectl kubectl;

    private static String run(String command) throws Exception {
        return Machine.run(LIMIT, Map.of(), command.split(" ")).ok();
    }

    @BeforeEach
    void createNetworks(LocalCluster cluster) throws Exception {
        kubectl = new Kubectl(ClientPrograms.kubectl(), cluster.kubeconfig(), cluster.newNamespace("networks"));
        run("ip link add " + PARENT + " type veth peer name " + PARENT + "p");
        run("ip link set " + PARENT + " up");
        run("ip link set " + PARENT + "p up");
        run("docker network create -d macvlan --subnet 192.0.2.0/24 --ip-range 192.0.2.128/25 -o parent=" + PARENT
                + " --label jubernetes.io/secondary-network=true " + NETWORK);
        run("docker network create --subnet 198.18.77.0/24 " + CLOSED);
    }

    @AfterEach
    void removeNetworks(LocalCluster cluster) throws Exception {
        kubectl.run("delete pods --all --wait=true");
        cluster.forget(kubectl.namespace());
        for (String command :
                List.of("docker network rm " + NETWORK, "docker network rm " + CLOSED, "ip link delete " + PARENT)) {
            LocalCluster.await(command)
                    .until(() ->
                            Machine.run(LIMIT, Map.of(), command.split(" ")).code() == 0);
        }
    }

    private static String pod(String name, String network, int hostPort) {
        return POD.replace("NAME", name)
                .replace("NETWORK", network)
                .replace("HOST_PORT", hostPort == 0 ? "" : ", hostPort: " + hostPort);
    }

    @Test
    void podsMeetOnASecondNetworkAndKeepTheFirst(LocalCluster cluster) throws Exception {
        int hostPort = Machine.freePort();
        kubectl.ok(
                pod("one", NETWORK, hostPort) + "---\n" + pod("two", NETWORK, 0) + "---\n" + pod("three", CLOSED, 0),
                "apply -f -");
        String first =
                cluster.awaitReady(kubectl.namespace(), "one").getStatus().getPodIP();
        cluster.awaitReady(kubectl.namespace(), "two");
        assertThat(first).as("the pod's address is that of the pod network").startsWith("10.");

        String second = run("docker network inspect " + NETWORK)
                .transform(text ->
                        text.replaceAll("(?s).*\"Name\": \"[^\"]*one[^\"]*\".*?\"IPv4Address\": \"([^/]*)/.*", "$1"));
        assertThat(second).startsWith("192.0.2.");
        for (String address : List.of(first, second)) {
            assertThat(get("two", address)).as(address).contains("v1");
        }
        // Everything else still goes over the pod network: the API server's Service is there.
        assertThat(kubectl.ok("exec two -- busybox ip route")).contains("default via 10.");

        assertThat(run("curl -s -m 5 http://127.0.0.1:" + hostPort + "/version"))
                .as("the port of the node")
                .isEqualTo("v1\n");

        LocalCluster.await("the refusal of a network that is not for pods")
                .untilAsserted(() -> assertThat(kubectl.ok("get events")).contains("is not for pods"));
    }

    private String get(String pod, String address) throws Exception {
        return kubectl.run(
                        "",
                        List.of(
                                "exec",
                                pod,
                                "--",
                                "sh",
                                "-c",
                                "printf 'GET /version HTTP/1.0\\r\\n\\r\\n' | nc -w 3 " + address + " 8080"))
                .output();
    }
}
