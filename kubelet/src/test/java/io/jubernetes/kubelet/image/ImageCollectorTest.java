package io.jubernetes.kubelet.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.kubelet.image.ImageCollector.Seen;
import io.jubernetes.kubelet.runtime.ImageInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageCollectorTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static ImageInfo image(String id, long size) {
        return new ImageInfo(id, List.of(), List.of(), size, "");
    }

    /// `never` was never used, `old` long ago, `late` lately; `new` came only now.
    @ParameterizedTest
    @CsvSource({"1, never", "100, never", "101, 'never,old'", "1000, 'never,old,late'", "0, ''"})
    void theLongestUnusedGoFirst(long wanted, String expected) {
        var unused = List.of(image("late", 100), image("new", 100), image("old", 100), image("never", 100));
        var seen = Map.of(
                "late", new Seen(NOW.minusSeconds(9000), NOW.minusSeconds(10)),
                "new", new Seen(NOW.minusSeconds(5), Instant.EPOCH),
                "old", new Seen(NOW.minusSeconds(9000), NOW.minusSeconds(5000)),
                "never", new Seen(NOW.minusSeconds(9000), Instant.EPOCH));
        assertThat(String.join(
                        ",",
                        ImageCollector.plan(unused, seen, Duration.ofMinutes(2), wanted, NOW).stream()
                                .map(ImageInfo::id)
                                .toList()))
                .isEqualTo(expected);
    }
}
