package io.jubernetes.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.common.codec.Json;
import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpRulesTest {
    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 10.1.2.3",
        "010.1.02.3, 10.1.2.3",
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "::ffff:10.0.0.1, 10.0.0.1",
        "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
        "fe80:0:0:0:0:0:0:1, fe80::1",
    })
    void readsAnAddressAndWritesItCanonically(String text, String canonical) {
        assertThat(IpAddress.parse(text)).map(IpAddress::toString).hasValue(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "1.2.3.x",
                "1.2.3.",
                ":",
                ":::",
                "1::2::3",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "12345::",
                "g::",
                "1:2:3:4:5:6:7:8::",
                "fe80::1%eth0",
                "1.2.3.4::",
                "::1.2.3"
            })
    void refusesWhatIsNoAddress(String text) {
        assertThat(IpAddress.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1|",
                "x|must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
                "10.0.0.01|must not have leading 0s",
                "::ffff:1.2.3.4|must not be an IPv4-mapped IPv6 address",
                "2001:DB8::1|must be in canonical form (\"2001:db8::1\")",
            })
    void newFieldsWantCanonicalAddresses(String text, String problem) {
        Field root = Field.root(Json.object().put("ip", text));
        IpRules.canonicalAddress(root.get("ip"));
        assertThat(root.causes()).isEqualTo(problem == null ? List.of() : List.of(Cause.invalid("ip", text, problem)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.0/8|",
                "10.0.0.0|must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
                "10.0.0.0/33|must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
                "10.0.0.0/08|must not have leading 0s in IP or prefix length",
                "10.0.0.1/8|must not have bits set beyond the prefix length",
                "::ffff:1.2.3.0/120|must not have an IPv4-mapped IPv6 address",
            })
    void rangesAreCheckedStrictly(String text, String problem) {
        Field root = Field.root(Json.object().put("cidr", text));
        IpRules.range(root.get("cidr"));
        assertThat(root.causes())
                .isEqualTo(problem == null ? List.of() : List.of(Cause.invalid("cidr", text, problem)));
    }

    @Test
    void countsAndFindsTheAddressesOfARange() {
        IpRange range = IpRange.parse("10.96.1.7/28").orElseThrow();
        assertThat(range).hasToString("10.96.1.0/28");
        assertThat(range.first()).hasToString("10.96.1.0");
        assertThat(range.last()).hasToString("10.96.1.15");
        assertThat(range.at(BigInteger.valueOf(9))).hasToString("10.96.1.9");
        assertThat(range.size()).isEqualTo(BigInteger.valueOf(16));
        assertThat(range.contains(IpAddress.parse("10.96.1.16").orElseThrow())).isFalse();
        assertThat(range.strictlyContains(IpRange.parse("10.96.1.8/29").orElseThrow()))
                .isTrue();
        assertThat(range.strictlyContains(IpRange.parse("10.96.1.0/28").orElseThrow()))
                .isFalse();
        assertThat(range.overlaps(IpRange.parse("10.96.0.0/16").orElseThrow())).isTrue();
    }
}
