package io.jubernetes.systemtests.operations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/// `jube cluster`: a cluster is made on one host, another joins, and both leave it.
class ClusterOfHostsTest {
    private static final Pattern JOIN = Pattern.compile(
            "jube cluster join (\\S+) --token (\\S+) --discovery-token-ca-cert-hash (sha256:[0-9a-f]{64})");

    // Docker's storage may hold on to its mounts for a moment.
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    private static JsonNode kubectl(TwoHosts hosts, String... words) throws IOException, InterruptedException {
        List<String> line = Stream.concat(
                        Stream.of("kubectl", "--kubeconfig=" + hosts.adminKubeconfig(), "--output=json"),
                        Stream.of(words))
                .toList();
        return Json.parse(hosts.ran(1, line.toArray(String[]::new)).ok());
    }

    @Test
    void hostsJoinAndLeave() throws IOException, InterruptedException {
        try (TwoHosts hosts = TwoHosts.start(folder)) {
            String made = hosts.clusterStarting(
                    1,
                    List.of("apiserver", "controller-manager", "scheduler", "kubelet", "service-proxy"),
                    "init",
                    "--no-start",
                    "--node-name=first",
                    "--advertise-address=" + TwoHosts.address(1));
            var join = JOIN.matcher(made).results().findFirst().orElseThrow();
            strangersAreTurnedAway(hosts, join.group(1), join.group(2), join.group(3));
            hosts.clusterStarting(
                    2,
                    List.of("kubelet", "service-proxy"),
                    "join",
                    join.group(1),
                    "--token=" + join.group(2),
                    "--discovery-token-ca-cert-hash=" + join.group(3),
                    "--no-start",
                    "--node-name=second",
                    "--advertise-address=" + TwoHosts.address(2));
            nodesAreReady(hosts);
            certificatesAreSigned(hosts);
            keysAreRenewed(hosts);
            hosts.stopServices();
            for (int host = 1; host <= 2; host++) {
                hosts.cluster(host, "reset", "--force", "--no-start", "--node-name=" + (host == 1 ? "first" : "second"))
                        .ok();
                assertThat(hosts.files(host).resolve("etc")).isEmptyDirectory();
            }
        }
    }

    private static void strangersAreTurnedAway(TwoHosts hosts, String endpoint, String token, String pin)
            throws IOException, InterruptedException {
        String wrongSecret = token.substring(0, 7) + "aaaaaaaaaaaaaaaa";
        for (List<String> words : List.of(
                List.of("--token=" + wrongSecret, "--discovery-token-ca-cert-hash=" + pin),
                List.of("--token=aaaaaa." + token.substring(7), "--discovery-token-ca-cert-hash=" + pin),
                List.of("--token=" + token, "--discovery-token-ca-cert-hash=sha256:" + "0".repeat(64)),
                List.of("--token=" + token))) {
            List<String> line = Stream.concat(Stream.of("join", endpoint, "--no-start"), words.stream())
                    .toList();
            Machine.Ran ran = hosts.cluster(2, line.toArray(String[]::new));
            assertThat(ran.code()).as(ran.output()).isNotZero();
            assertThat(ran.output()).contains("error: --").doesNotContain(token.substring(7));
            assertThat(hosts.files(2).resolve("etc/node")).doesNotExist();
        }
    }

    private static void nodesAreReady(TwoHosts hosts) throws IOException, InterruptedException {
        LocalCluster.await("both nodes").ignoreExceptions().until(() -> {
            Set<String> ranges = new HashSet<>();
            for (JsonNode node : kubectl(hosts, "get", "nodes").path("items")) {
                for (JsonNode condition : node.path("status").path("conditions")) {
                    if (condition.path("type").asText().equals("Ready")
                            && condition.path("status").asText().equals("True")) {
                        ranges.add(node.path("spec").path("podCIDR").asText(""));
                    }
                }
            }
            return ranges.size() == 2;
        });
        assertThat(kubectl(hosts, "get", "node", "first").at("/metadata/labels").fieldNames())
                .toIterable()
                .contains("node-role.kubernetes.io/control-plane");
    }

    private static void certificatesAreSigned(TwoHosts hosts) throws IOException {
        Path certificates = hosts.files(2).resolve("etc/node/certificates");
        LocalCluster.await("serving certificate")
                .until(() -> Files.exists(certificates.resolve("kubelet-server-current.pem")));
        assertThat(certificates.resolve("kubelet-client-current.pem")).exists();
        try (Stream<Path> keys = Files.list(certificates)) {
            for (Path key :
                    keys.filter(path -> path.toString().endsWith(".pem")).toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                        .isEqualTo("rw-------");
            }
        }
    }

    private static void keysAreRenewed(TwoHosts hosts) throws IOException, InterruptedException {
        Path certificate = hosts.files(1).resolve("etc/pki/apiserver.crt");
        Path authority = hosts.files(1).resolve("etc/pki/ca.crt");
        String before = Files.readString(certificate);
        String authorityBefore = Files.readString(authority);
        assertThat(hosts.cluster(1, "certs", "check").ok()).contains("apiserver-kubelet-client", "364d");
        hosts.cluster(
                        1,
                        "certs",
                        "renew",
                        "--no-start",
                        "--node-name=first",
                        "--advertise-address=" + TwoHosts.address(1))
                .ok();
        assertThat(Files.readString(certificate)).isNotEqualTo(before);
        assertThat(Files.readString(authority)).isEqualTo(authorityBefore);
        assertThat(kubectl(hosts, "get", "nodes").path("items")).hasSize(2);
    }
}
