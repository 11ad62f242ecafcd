package io.jubernetes.systemtests.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.systemtests.ClientPrograms;
import io.jubernetes.systemtests.Kubectl;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.SharedCluster;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Policies, proven by connections between real pods that succeed and fail: a web server with two ports, two clients in
/// its namespace and one in another.
@ExtendWith(SharedCluster.class)
class NetworkPolicyTest {
    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata: {name: NAME, labels: {app: NAME}}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
                - name: main
                  image: IMAGE
                  COMMAND
            """.replace("IMAGE", LocalCluster.IMAGE);
    private static final String WEB = POD.replace("NAME", "web").replace("COMMAND", """
            command: [sh, -c, "busybox httpd -p 8081 -h /srv; exec busybox httpd -f -p 8080 -h /srv"]
                  ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 8081}]
                  readinessProbe: {httpGet: {path: /version, port: http}, periodSeconds: 1, failureThreshold: 1}
            """);
    private static final String SERVICE = """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
            """;

    private static Kubectl home;
    private static Kubectl abroad;
    private static Map<String, Kubectl> clients;
    private static String web;
    private static String service;
    private static LocalCluster cluster;

    @BeforeAll
    static void startPods(LocalCluster shared) throws Exception {
        cluster = shared;
        home = new Kubectl(ClientPrograms.kubectl(), cluster.kubeconfig(), cluster.newNamespace("policy"));
        abroad = new Kubectl(ClientPrograms.kubectl(), cluster.kubeconfig(), cluster.newNamespace("policy"));
        home.ok(WEB + "---\n" + SERVICE + "---\n" + sleeping("friend") + "---\n" + sleeping("stranger"), "apply -f -");
        abroad.ok(sleeping("foreigner"), "apply -f -");
        for (String name : List.of("web", "friend", "stranger")) {
            cluster.awaitReady(home.namespace(), name);
        }
        cluster.awaitReady(abroad.namespace(), "foreigner");
        clients = new LinkedHashMap<>(Map.of("friend", home, "stranger", home, "foreigner", abroad));
        service = home.ok("get service web -o jsonpath={.spec.clusterIP}");
        web = cluster.awaitReady(home.namespace(), "web").getStatus().getPodIP();
    }

    private static String sleeping(String name) {
        return POD.replace("NAME", name).replace("COMMAND", "command: [sleep, \"10000\"]");
    }

    @AfterAll
    static void removePods() {
        cluster.forget(home.namespace());
        cluster.forget(abroad.namespace());
    }

    @AfterEach
    void removePolicies() throws Exception {
        home.ok("delete networkpolicies --all");
        home.ok("label pod stranger team-");
        abroad.ok("label namespace " + abroad.namespace() + " team-");
        awaitReaching(web + ":8080", "foreigner", "friend", "stranger");
    }

    private static void policy(String name, String spec) throws Exception {
        home.ok(
                "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: " + name + "}, spec: {" + spec
                        + "}}",
                "apply -f -");
    }

    /// Waits until exactly these clients get an answer, and no others.
    private static void awaitReaching(String address, String... expected) {
        LocalCluster.await("who reaches " + address)
                .untilAsserted(() -> assertThat(reaching(address)).containsExactly(expected));
    }

    private static Set<String> reaching(String address) throws Exception {
        var reaching = new TreeSet<String>();
        for (var client : clients.entrySet()) {
            // Not wget: the static busybox of some distributions crashes in it.
            String ask = "printf 'GET /version HTTP/1.0\\r\\n\\r\\n' | nc -w 1 " + address.replace(":", " ");
            if (client.getValue()
                    .run("", List.of("exec", client.getKey(), "--", "sh", "-c", ask))
                    .output()
                    .contains("v1")) {
                reaching.add(client.getKey());
            }
        }
        return reaching;
    }

    @Test
    void deniedByDefaultAndAllowedByStackedPolicies() throws Exception {
        policy("deny", "podSelector: {}");
        awaitReaching(web + ":8080");
        awaitReaching(service + ":80");

        policy(
                "friend",
                "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app:"
                        + " friend}}}]}]");
        awaitReaching(web + ":8080", "friend");
        awaitReaching(service + ":80", "friend");

        policy(
                "team",
                "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {matchLabels:"
                        + " {team: red}}}, {podSelector: {matchLabels: {team: red}}}]}]");
        awaitReaching(web + ":8080", "friend");
        // A label that comes or goes counts for what is there already.
        abroad.ok("label namespace " + abroad.namespace() + " team=red");
        awaitReaching(web + ":8080", "foreigner", "friend");
        home.ok("label pod stranger team=red");
        awaitReaching(web + ":8080", "foreigner", "friend", "stranger");
        abroad.ok("label namespace " + abroad.namespace() + " team-");
        home.ok("delete networkpolicy friend");
        awaitReaching(web + ":8080", "stranger");

        // The kubelet's probes came through all the time.
        assertThat(home.ok("get pod web -o jsonpath={.status.conditions[?(@.type=='Ready')].status}"))
                .isEqualTo("True");
        assertThat(home.ok("get events -o jsonpath={.items[?(@.reason=='Unhealthy')].message}"))
                .doesNotContain("timeout", "refused");
    }

    @Test
    void portsByNumberAndByName() throws Exception {
        policy("admin", "podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: admin}]}]");
        awaitReaching(web + ":8080");
        awaitReaching(web + ":8081", "foreigner", "friend", "stranger");

        policy("admin", "podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8000, endPort: 8080}]}]");
        awaitReaching(web + ":8081");
        awaitReaching(web + ":8080", "foreigner", "friend", "stranger");
    }

    @Test
    void whereAPodMayGo() throws Exception {
        policy("out", "podSelector: {matchLabels: {app: friend}}, policyTypes: [Egress]");
        awaitReaching(web + ":8080", "foreigner", "stranger");
        // The cluster's DNS is on the pod's node, where it may always go.
        assertThat(home.ok("exec friend -- nslookup web." + home.namespace() + ".svc.cluster.local"))
                .contains(service);

        policy(
                "out",
                "podSelector: {matchLabels: {app: friend}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr:"
                        + " 10.0.0.0/8}}]}]");
        awaitReaching(web + ":8080", "foreigner", "friend", "stranger");
        awaitReaching(service + ":80", "foreigner", "friend", "stranger");

        policy(
                "out",
                "podSelector: {matchLabels: {app: friend}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr:"
                        + " 10.0.0.0/8, except: [" + web + "/32]}}]}]");
        awaitReaching(web + ":8080", "foreigner", "stranger");

        policy(
                "more",
                "podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: web}}}],"
                        + " ports: [{port: http}]}]");
        awaitReaching(web + ":8080", "foreigner", "friend", "stranger");
        awaitReaching(web + ":8081", "foreigner");
    }
}
