package io.jubernetes.kubelet.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.kubelet.TestNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodCgroupsTest {
    @Test
    void takesVersionTwoOnlyWhereItControlsSomething() {
        String memory = "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0";
        String both = "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0";
        String unified = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0";
        assertThat(PodCgroups.hierarchies(List.of(memory, both, unified)))
                .hasSize(2)
                .noneMatch(PodCgroups.Hierarchy::unified);
        assertThat(PodCgroups.hierarchies(List.of("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0")))
                .singleElement()
                .matches(PodCgroups.Hierarchy::unified);
        assertThat(PodCgroups.hierarchies(List.of("proc /proc proc rw 0 0"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "'{}', /kubepods/besteffort/podu-1, kubepods-besteffort-podu_1.slice",
        "'{requests: {cpu: 1}}', /kubepods/burstable/podu-1, kubepods-burstable-podu_1.slice",
        "'{limits: {cpu: 1, memory: 1Gi}}', /kubepods/podu-1, kubepods-podu_1.slice",
    })
    void namesThemAsUpstreamDoes(String resources, String cgroupfs, String systemd) {
        var pod = TestNode.pod("metadata: {name: p}\nspec: {containers: [{name: c, resources: " + resources + "}]}");
        pod.getMetadata().setUid("u-1");
        assertThat(PodCgroups.of("cgroupfs", "/", true).parent(pod)).isEqualTo(cgroupfs);
        assertThat(PodCgroups.of("systemd", "", true).parent(pod)).isEqualTo(systemd);
        assertThat(PodCgroups.of("cgroupfs", "/mine", true).parent(pod)).isEqualTo("/mine" + cgroupfs);
        assertThat(PodCgroups.of("cgroupfs", "", false).parent(pod)).isEmpty();
    }
}
