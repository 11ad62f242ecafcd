package io.jubernetes.common.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class CelExpressionsTest {
    private static final CelExpressions EXPRESSIONS = CelExpressions.over(
            Map.of("self", CelShape.list(CelShape.string(40), 10), "n", CelShape.INT, "any", CelShape.DYN));

    private static Object run(String expression) {
        return run(expression, CelBudget.PER_CALL);
    }

    private static Object run(String expression, long limit) {
        CelExpressions.Compiled compiled = EXPRESSIONS.compile(expression);
        assertThat(compiled.problem()).isNull();
        Map<String, Object> values = Map.of("self", List.of("b", "a", "c"), "n", 7L, "any", "text");
        return compiled.require().run(values, new CelBudget(limit));
    }

    private static final String TRUE_ONES = """
            n + 1 == 8
            n < 7.5 && n >= 7u
            self.size() == 3 && 'a' in self
            self.all(x, x.size() == 1)
            self.exists_one(x, x == 'a')
            self.map(x, x + x) == ['bb', 'aa', 'cc']
            self.filter(x, x > 'a').size() == 2
            !self.isSorted() && ['a', 'b'].isSorted()
            self.min() == 'a' && self.max() == 'c'
            self.indexOf('a') == 1 && [1, 2].sum() == 3
            self[?5].orValue('none') == 'none'
            optional.none().hasValue() == false
            cel.bind(x, n * 2, x + x) == 28
            'a-b-c'.split('-') == ['a', 'b', 'c']
            'hello'.substring(1, 3) == 'el' && 'hello'.charAt(4) == 'o'
            'x=%s n=%d f=%.2f'.format(['y', 3, 1.5]) == 'x=y n=3 f=1.50'
            'abc123'.find('[0-9]+') == '123' && 'a1b2'.findAll('[0-9]') == ['1', '2']
            url('https://a.example:8080/x?y=1').getPort() == '8080'
            url('https://[::1]:80/').getHostname() == '::1'
            quantity('1500m').compareTo(quantity('1.5')) == 0
            quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('2').asInteger() == 2
            ip('10.0.0.1').family() == 4 && ip('::1').isLoopback()
            cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP('11.0.0.1')
            string(cidr('10.1.2.3/8').masked()) == '10.0.0.0/8'
            semver('1.2.3').isLessThan(semver('1.10.0')) && semver('v1.2', true).minor() == 2
            semver('1.0.0-rc.1').isLessThan(semver('1.0.0'))
            !format.dns1123Label().validate('ok').hasValue()
            format.named('dns1123Label').value().validate('No').hasValue()
            sets.contains([1, 2, 3], [1, 2]) && !sets.intersects([1], [2])
            duration('90m') > duration('1h') && timestamp('2026-01-02T03:04:05Z').getHours() == 3
            type(n) == int && string(n) == '7' && int('12') == 12
            false && self[9] == 'x' || true
            {'a': 1}.all(k, v, v == 1)
            """;

    private static final String FAILING = """
            self[9] == 'x'                 => index out of bounds: 9
            {'a': 1}['b'] == 1             => no such key: b
            1 / (n - 7) == 1               => division by zero
            9223372036854775807 + n == 0   => integer overflow
            [].min() == 1                  => min called on empty list
            duration('soon') == duration('1s') => type conversion error from 'string' to 'google.protobuf.Duration'
            any + 1 == 2                   => no such overload
            """;

    private static final String WRONG = """
            n == 'x'   => found no matching overload for '_==_' applied to '(int, string)'
            nothing    => undeclared reference to 'nothing' (in container '')
            n +        => Syntax error: mismatched input
            """;

    private static Stream<String> trueOnes() {
        return TRUE_ONES.lines();
    }

    private static Stream<Arguments> failing() {
        return pairs(FAILING);
    }

    private static Stream<Arguments> wrong() {
        return pairs(WRONG);
    }

    private static Stream<Arguments> pairs(String table) {
        return table.lines().map(line -> {
            int arrow = line.indexOf("=>");
            return Arguments.of(
                    line.substring(0, arrow).strip(), line.substring(arrow + 2).strip());
        });
    }

    @ParameterizedTest
    @MethodSource("trueOnes")
    void holds(String expression) {
        assertThat(run(expression)).as(expression).isEqualTo(true);
    }

    @ParameterizedTest
    @MethodSource("failing")
    void failsAsTheApiWordsIt(String expression, String message) {
        assertThatThrownBy(() -> run(expression)).hasMessage(message);
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void saysWhyAnExpressionDoesNotCompile(String expression, String problem) {
        assertThat(EXPRESSIONS.compile(expression).problem())
                .startsWith("compilation failed: ERROR: <input>:1:")
                .contains(problem);
    }

    @Test
    void stopsAnExpressionThatCostsTooMuch() {
        String deep = "[1,2,3,4,5,6,7,8,9,10]";
        String expression = deep + ".all(a, " + deep + ".all(b, " + deep + ".all(c, " + deep + ".all(d, " + deep
                + ".all(e, a + b + c + d + e > 0)))))";
        assertThatThrownBy(() -> run(expression))
                .isInstanceOfSatisfying(
                        CelFailure.class,
                        failure -> assertThat(failure.isOverLimit()).isTrue());
    }

    @Test
    void estimatesMoreForLargerValues() {
        CelExpressions small = CelExpressions.over(Map.of("self", CelShape.list(CelShape.string(10), 10)));
        CelExpressions large = CelExpressions.over(Map.of("self", CelShape.list(CelShape.string(1 << 20), 1 << 20)));
        String expression = "self.all(a, self.exists(b, a == b))";
        assertThat(small.compile(expression).require().maxCost()).isLessThan(10_000);
        assertThat(large.compile(expression).require().maxCost()).isGreaterThan(10_000_000);
    }
}
