package io.jubernetes.apiserver.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Label and field selectors against a plain model of what they mean.
class SelectorRandomTest {
    private static final List<String> KEYS = List.of("a", "b", "x.org/c");
    private static final List<String> VALUES = List.of("", "1", "2", "v");

    private record Term(String text, Predicate<Map<String, String>> meaning) {}

    static LongStream seeds() {
        return LongStream.range(0, 500);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void labelSelectorsMeanWhatTheirTermsMean(long seed) {
        var random = new Random(seed);
        List<Term> terms = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            terms.add(term(random));
        }
        String text = String.join(
                random.nextBoolean() ? "," : " , ",
                terms.stream().map(Term::text).toList());
        LabelSelector selector = LabelSelector.parse(text);
        for (int i = 0; i < 20; i++) {
            Map<String, String> labels = new HashMap<>();
            KEYS.forEach(key -> {
                if (random.nextBoolean()) {
                    labels.put(key, VALUES.get(random.nextInt(VALUES.size())));
                }
            });
            boolean wanted = terms.stream().allMatch(term -> term.meaning().test(labels));
            assertThat(selector.matches(labels)).as("%s on %s", text, labels).isEqualTo(wanted);
        }
    }

    private static Term term(Random random) {
        String key = KEYS.get(random.nextInt(KEYS.size()));
        String value = VALUES.get(random.nextInt(VALUES.size()));
        String other = VALUES.get(random.nextInt(VALUES.size()));
        List<String> both = List.of(value, other);
        return switch (random.nextInt(8)) {
            case 0 -> new Term(key, labels -> labels.containsKey(key));
            case 1 -> new Term("!" + key, labels -> !labels.containsKey(key));
            case 2 -> new Term(key + "=" + value, labels -> value.equals(labels.get(key)));
            case 3 -> new Term(key + " == " + value, labels -> value.equals(labels.get(key)));
            case 4 -> new Term(key + "!=" + value, labels -> !value.equals(labels.get(key)));
            case 5 ->
                new Term(
                        key + " in (" + value + "," + other + ")",
                        labels -> labels.containsKey(key) && both.contains(labels.get(key)));
            case 6 ->
                new Term(
                        key + " notin (" + value + ", " + other + ")",
                        labels -> !labels.containsKey(key) || !both.contains(labels.get(key)));
            default -> new Term(key + ">1", labels -> "2".equals(labels.get(key)));
        };
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void arbitraryTextIsReadOrRefused(long seed) {
        var random = new Random(seed);
        String alphabet = "ab1=!<>(), in\\.-/\t";
        var text = new StringBuilder();
        for (int i = random.nextInt(30); i > 0; i--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        for (Predicate<String> reader : List.<Predicate<String>>of(
                given -> LabelSelector.parse(given).matches(Map.of("a", "1")),
                given -> FieldSelector.parse(given).matches(Map.of("a", "1")))) {
            try {
                assertThat(reader.test(text.toString())).isIn(true, false);
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageNotContaining("Exception");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a=! | unable to parse requirement: found '!', expected: identifier",
                "a, | found '', expected: identifier after ','",
                "a in | unable to parse requirement: found '' expected: '('",
                "a in (b | unable to parse requirement: found '', expected: ',' or ')'",
                "a b | unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
                "=a | found '=', expected: !, identifier, or 'end of string'",
                "a>x | unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
                "!a in (b) | found 'in', expected: ',' or 'end of string'",
            })
    void wrongLabelSelectorsAreExplained(String text, String message) {
        assertThatThrownBy(() -> LabelSelector.parse(text)).hasMessage(message);
    }
}
