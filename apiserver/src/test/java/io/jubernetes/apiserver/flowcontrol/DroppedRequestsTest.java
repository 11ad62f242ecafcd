package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// When refused clients are told to try again.
class DroppedRequestsTest {
    private static final long START = 1_800_000_000;

    private final DroppedRequests dropped = new DroppedRequests();

    private int refuse(long second, int times) {
        int told = 0;
        for (int i = 0; i < times; i++) {
            told = dropped.refused(START + second);
        }
        return told;
    }

    @Test
    void aFewRefusalsMeanASecond() {
        assertThat(refuse(0, 1)).isEqualTo(1);
        assertThat(refuse(1, 2)).isEqualTo(1);
        assertThat(refuse(5, 2)).isEqualTo(1);
    }

    @Test
    void manyRefusalsDoubleTheTimeUpToABound() {
        assertThat(refuse(0, 100)).isEqualTo(1);
        assertThat(refuse(1, 100)).isEqualTo(2);
        assertThat(refuse(2, 100)).isEqualTo(2); // not twice for the same rush
        assertThat(refuse(3, 100)).isEqualTo(4);
        int told = 0;
        for (int second = 4; second < 200; second++) {
            told = refuse(second, 200);
        }
        assertThat(told).isEqualTo(32);
    }

    @Test
    void theTimeGoesDownAgainWhenLittleIsRefused() {
        refuse(0, 100);
        refuse(1, 100);
        assertThat(refuse(3, 100)).isEqualTo(4);
        assertThat(refuse(20, 1)).isEqualTo(3);
        assertThat(refuse(30, 1)).isEqualTo(2);
        assertThat(refuse(40, 1)).isEqualTo(1);
        assertThat(refuse(50, 1)).isEqualTo(1);
    }
}
