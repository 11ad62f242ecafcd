package io.jubernetes.apiserver.watchcache;

import static io.jubernetes.apiserver.watchcache.CacheFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RevisionSpliceTest {
    record Case(String stored, String wanted) {}

    static Stream<Case> cases() {
        return Stream.of(
                new Case(
                        "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"labels\":{}},\"spec\":{}}",
                        "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"7\",\"labels\":{}},\"spec\":{}}"),
                new Case(
                        "{\"metadata\":{\"name\":\"a\"}}", "{\"metadata\":{\"resourceVersion\":\"7\",\"name\":\"a\"}}"),
                new Case("{\"metadata\":{}}", "{\"metadata\":{\"resourceVersion\":\"7\"}}"),
                new Case("{\"metadata\" : { } }", "{\"metadata\" : {\"resourceVersion\":\"7\" } }"),
                new Case("{}", "{\"metadata\":{\"resourceVersion\":\"7\"}}"),
                new Case("{\"a\":1}", "{\"metadata\":{\"resourceVersion\":\"7\"},\"a\":1}"),
                new Case(
                        "{\"spec\":{\"metadata\":{\"uid\":\"no\"}},\"x\":[{\"metadata\":{}}],\"metadata\":{\"uid\":\"u\"}}",
                        "{\"spec\":{\"metadata\":{\"uid\":\"no\"}},\"x\":[{\"metadata\":{}}],\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"7\"}}"),
                new Case(
                        "{\"s\":\"\\\"metadata\\\":{\\\\\",\"t\":\"}\",\"n\":-1.5e3,\"b\":true,\"metadata\":{\"uid\":\"\\\"}\"}}",
                        "{\"s\":\"\\\"metadata\\\":{\\\\\",\"t\":\"}\",\"n\":-1.5e3,\"b\":true,\"metadata\":{\"uid\":\"\\\"}\",\"resourceVersion\":\"7\"}}"),
                new Case(
                        "{\"metadata\":{\"annotations\":{\"uid\":\"x\",\"resourceVersion\":\"1\"},\"name\":\"ä€\"}}",
                        "{\"metadata\":{\"resourceVersion\":\"7\",\"annotations\":{\"uid\":\"x\",\"resourceVersion\":\"1\"},\"name\":\"ä€\"}}"),
                new Case(
                        "{\"metadata\":{\"resourceVersion\":\"12345\",\"uid\":\"u\"}}",
                        "{\"metadata\":{\"resourceVersion\":\"7\",\"uid\":\"u\"}}"),
                new Case(
                        " \n{ \"metadata\" : { \"uid\" : \"u\" } }\n",
                        " \n{ \"metadata\" : { \"uid\" : \"u\",\"resourceVersion\":\"7\" } }\n"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void putsTheRevisionIntoTheMetadata(Case c) {
        CachedObject object =
                CachedObject.of("/k", new ObjectIndexer.Indexed("", "k", Map.of(), Map.of()), 1, 7, bytes(c.stored));

        assertThat(new String(object.json(), StandardCharsets.UTF_8)).isEqualTo(c.wanted);
        assertThat(new String(object.storedJson(), StandardCharsets.UTF_8)).isEqualTo(c.stored);
        assertThat(new String(object.at(123).json(), StandardCharsets.UTF_8))
                .isEqualTo(c.wanted.replace("\"7\"", "\"123\""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "null", "{", "{\"metadata\":", "{\"metadata\":{\"uid\":\"u", "{\"metadata\":7}"})
    void refusesWhatIsNoObject(String stored) {
        assertThatThrownBy(() -> RevisionSplice.splice(bytes(stored), 7)).isInstanceOf(IllegalArgumentException.class);
    }
}
