package io.jubernetes.common.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "0m, 0",
        "1000m, 1",
        "0.5, 500m",
        "1.5Gi, 1536Mi",
        "1024, 1024",
        "1Ki, 1Ki",
        "1024Ki, 1Mi",
        "0.1Gi, 107374182400m",
        "12e6, 12e6",
        "1E3, 1e3",
        "100k, 100k",
        "1500, 1500",
        "1000, 1k",
        "1000k, 1M",
        ".5, 500m",
        "5., 5",
        "-5, -5",
        "+7, 7",
        "0.0000000001, 1n",
        "1e-3, 1e-3",
        "123456789012345678901234567890, 9223372036854775807",
        "512Ki, 512Ki",
        "1.0, 1",
        "2048Mi, 2Gi",
        "500Mi, 500Mi",
        "0.5Ki, 512",
        "100n, 100n",
        "1u, 1u"
    })
    void canonicalText(String written, String canonical) {
        assertThat(Quantity.parse(written)).hasToString(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "1x", "1 Gi", "Gi", "1.2.3", "--1", "1ki", "1e", "1e+", "1KI", "0x10", "1e1.5", "."})
    void refused(String written) {
        assertThat(Quantity.tryParse(written)).isEmpty();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void canonicalTextKeepsTheAmount(long seed) {
        var random = new Random(seed);
        String[] suffixes = {"", "m", "u", "n", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E-3"};
        for (int i = 0; i < 500; i++) {
            String written = (random.nextBoolean() ? "" : "-")
                    + random.nextInt(100_000)
                    + (random.nextBoolean() ? "" : "." + random.nextInt(1000))
                    + suffixes[random.nextInt(suffixes.length)];
            Quantity read = Quantity.parse(written);
            assertThat(Quantity.parse(read.toString())).as(written).isEqualTo(read);
            assertThat(Quantity.parse(read.toString())).hasToString(read.toString());
        }
    }
}
