package io.jubernetes.controllermanager.nodeipam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CidrRangeTest {
    @Test
    void givesEachBlockOnceAndTakesItBack() {
        CidrRange range = CidrRange.of("10.244.0.0/22", 24, 64);
        Set<String> given = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            given.add(range.take().orElseThrow());
        }
        assertThat(given).containsExactlyInAnyOrder("10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24", "10.244.3.0/24");
        assertThat(range.take()).isEmpty();
        range.release("10.244.2.0/24");
        assertThat(range.take()).contains("10.244.2.0/24");
    }

    @Test
    void whatNodesHaveIsNotGivenAgain() {
        CidrRange range = CidrRange.of("10.244.0.0/23", 24, 64);
        range.occupy("10.244.0.0/24");
        range.occupy("192.168.0.0/24");
        range.occupy("nonsense");
        assertThat(range.take()).contains("10.244.1.0/24");
        assertThat(range.take()).isEmpty();
    }

    @Test
    void knowsIpv6() {
        CidrRange range = CidrRange.of("fd00:10:244::/56", 24, 64);
        assertThat(range.take()).contains("fd00:10:244::/64");
        assertThat(range.take()).contains("fd00:10:244:1::/64");
    }

    @Test
    void refusesWhatCannotBeCut() {
        for (String cidr : new String[] {"10.0.0.0/25", "10.0.0.0", "10.0.0.0/x", "a/16", "10.0.0.0/4"}) {
            assertThatThrownBy(() -> CidrRange.of(cidr, 24, 64))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("--cluster-cidr");
        }
    }
}
