package io.jubernetes.kubelet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.HostAlias;
import io.jubernetes.kubelet.TestNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkFilesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dnsPolicy: ClusterFirst | search default.svc.c.l svc.c.l c.l ex.org;nameserver 10.96.0.10;options ndots:5",
                "dnsPolicy: Default | search ex.org;nameserver 9.9.9.9;options edns0",
                "{dnsPolicy: ClusterFirst, hostNetwork: true} | search ex.org;nameserver 9.9.9.9;options edns0",
                "{dnsPolicy: ClusterFirstWithHostNet, hostNetwork: true} |"
                        + " search default.svc.c.l svc.c.l c.l ex.org;nameserver 10.96.0.10;options ndots:5",
                "{dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [a.b], options: [{name: x, value: y}, {name: z}]}}"
                        + " | search a.b;nameserver 1.1.1.1;options x:y z",
                "{dnsConfig: {options: [{name: ndots, value: '2'}]}} |"
                        + " search default.svc.c.l svc.c.l c.l ex.org;nameserver 10.96.0.10;options ndots:2",
            })
    void nameServersFollowThePolicy(String spec, String expected) {
        var pod = TestNode.pod("metadata: {name: p}\nspec: " + (spec.startsWith("{") ? spec : "{" + spec + "}"));
        var host = ResolvConf.parse("# x\nnameserver 9.9.9.9\nsearch ex.org\noptions edns0\n");
        assertThat(ResolvConf.of(pod, host, List.of("10.96.0.10"), "c.l").text().replace('\n', ';'))
                .isEqualTo(expected + ";");
    }

    @Test
    void hostsFileNamesThePod() {
        assertThat(HostsFile.ofPod(
                        List.of("10.0.0.1"),
                        "web",
                        "sub.ns.svc.c.l",
                        List.of(new HostAlias(List.of("x", "y"), "1.2.3.4"))))
                .startsWith("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n")
                .endsWith("10.0.0.1\tweb.sub.ns.svc.c.l\tweb\n\n# Entries added by HostAliases.\n1.2.3.4\tx\ty\n");
        assertThat(HostsFile.ofHost("127.0.0.1 me\n", List.of()))
                .isEqualTo("# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n");
    }

    @Test
    void networksAreCutIntoParts() {
        Cidr cluster = Cidr.parse("10.244.0.0/16");
        assertThat(cluster.subnets(24, 300)).hasSize(256).startsWith(Cidr.parse("10.244.0.0/24"));
        assertThat(cluster.subnets(24, 3).getLast()).hasToString("10.244.2.0/24");
        assertThat(Cidr.parse("10.1.2.3/24").first()).isEqualTo("10.1.2.1");
        assertThat(cluster.subnets(8, 3)).containsExactly(cluster);
        for (String bad : List.of("", "10.0.0.0", "10.0.0/8", "300.0.0.0/8", "10.0.0.0/33", "fd00::/64")) {
            assertThatThrownBy(() -> Cidr.parse(bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void kernelSettingsArePutBack(@TempDir Path root) throws Exception {
        Path forward = root.resolve("proc/net/ipv4/ip_forward");
        Files.createDirectories(forward.getParent());
        Files.writeString(forward, "0\n");
        var settings = new Sysctls(root.resolve("proc"), root.resolve("note.json"));
        settings.apply();
        assertThat(forward).hasContent("1");
        new Sysctls(root.resolve("proc"), root.resolve("note.json")).apply();
        new Sysctls(root.resolve("proc"), root.resolve("note.json")).restore();
        assertThat(forward).hasContent("0");
        assertThat(root.resolve("note.json")).doesNotExist();
    }
}
