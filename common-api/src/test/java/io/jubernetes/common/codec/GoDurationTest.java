package io.jubernetes.common.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {
    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "90s, PT1M30S",
        "1h30m, PT1H30M",
        "1.5s, PT1.5S",
        "-250ms, PT-0.25S",
        "+1us, PT0.000001S",
        "2µs3ns, PT0.000002003S"
    })
    void readsWhatFlagsAndFieldsHold(String text, Duration wanted) {
        assertThat(GoDuration.find(text)).contains(wanted);
        assertThat(GoDuration.parse(text)).isEqualTo(wanted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "5", "1d", "1h x", ".s", "-", "1e3s", "300y", "9999999h"})
    void refusesWhatIsNoDuration(String text) {
        assertThat(GoDuration.find(text)).isEmpty();
        assertThatThrownBy(() -> GoDuration.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is not a duration such as");
    }
}
