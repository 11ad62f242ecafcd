package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which queues a flow may use.
class FlowHashTest {
    @ParameterizedTest
    @CsvSource({"128, 6", "64, 6", "16, 4", "8, 8", "1, 1", "2, 8"})
    void aHandHasDifferentQueuesAndAllQueuesAreUsed(int queues, int size) {
        Set<Integer> used = new HashSet<>();
        for (int flow = 0; flow < 5000; flow++) {
            int[] hand = FlowHash.hand(FlowHash.of("schema", "user-" + flow), queues, size);
            assertThat(hand).hasSize(Math.min(size, queues)).doesNotHaveDuplicates();
            assertThat(Arrays.stream(hand)).allMatch(queue -> queue >= 0 && queue < queues);
            Arrays.stream(hand).forEach(used::add);
        }
        assertThat(used).hasSize(queues);
    }

    @Test
    void aFlowAlwaysHasTheSameQueuesAndHardlyAnotherAllOfThem() {
        assertThat(FlowHash.of("s", "jane")).isEqualTo(FlowHash.of("s", "jane"));
        assertThat(FlowHash.of("s", "jane")).isNotEqualTo(FlowHash.of("sj", "ane"));
        Set<String> hands = new HashSet<>();
        for (int flow = 0; flow < 2000; flow++) {
            hands.add(Arrays.toString(FlowHash.hand(FlowHash.of("s", "user-" + flow), 128, 6)));
        }
        assertThat(hands).hasSize(2000);
    }
}
