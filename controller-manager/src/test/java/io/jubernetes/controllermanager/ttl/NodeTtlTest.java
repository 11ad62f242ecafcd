package io.jubernetes.controllermanager.ttl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeTtlTest {
    @ParameterizedTest(name = "size {0} with {1} nodes: {2}")
    @CsvSource({"0, 3, 0", "0, 101, 1", "1, 95, 1", "1, 89, 0", "0, 5000, 4", "4, 10, 0", "2, 1001, 3"})
    void sizesOverlap(int before, int nodes, int after) {
        assertThat(NodeTtlController.next(before, nodes)).isEqualTo(after);
    }
}
