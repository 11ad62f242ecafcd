package io.jubernetes.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyLinksTest {
    private static final String PREFIX = "/api/v1/namespaces/ns/pods/a:8080/proxy";

    private final ProxyLinks links = new ProxyLinks(PREFIX, "10.0.0.7:8080");

    @ParameterizedTest
    @CsvSource({
        "/page, /api/v1/namespaces/ns/pods/a:8080/proxy/page",
        "/page/?a=b%20c#d, /api/v1/namespaces/ns/pods/a:8080/proxy/page/?a=b%20c#d",
        "/, /api/v1/namespaces/ns/pods/a:8080/proxy/",
        "http://10.0.0.7:8080/page, /api/v1/namespaces/ns/pods/a:8080/proxy/page",
        "http://10.0.0.7:8080, /api/v1/namespaces/ns/pods/a:8080/proxy/",
        "page, page",
        "../page, ../page",
        "http://example.com/page, http://example.com/page",
        "//example.com/page, //example.com/page",
        "mailto:a@example.com, mailto:a@example.com",
        "#here, #here",
        "/api/v1/namespaces/ns/pods/a:8080/proxy/page, /api/v1/namespaces/ns/pods/a:8080/proxy/page",
        "/a b, /a b",
    })
    void anAddressLeadsThroughTheProxyOnlyWhenItMeansTheProxiedServer(String address, String expected) {
        assertThat(links.address(address)).isEqualTo(expected);
    }

    @Test
    void addressesOfAPageAreChangedAndNothingElse() {
        String page = """
                <!doctype html><p title="/not an address">/text</p>
                <a class="x>y" href="/one">1</a> <A HREF='/two'>2</A> <img src=/three.png alt="/alt">
                <a href="https://example.com/">3</a> 1 < 2 && "<" <script src="/s.js">var a = "</a";</script>""";
        assertThat(links.page(page)).isEqualTo("""
                <!doctype html><p title="/not an address">/text</p>
                <a class="x>y" href="PREFIX/one">1</a> <A HREF='PREFIX/two'>2</A> <img src=PREFIX/three.png alt="/alt">
                <a href="https://example.com/">3</a> 1 < 2 && "<" <script src="PREFIX/s.js">var a = "</a";</script>""".replace("PREFIX", PREFIX));
    }

    @Test
    @Timeout(30)
    void aPageOfUnclosedTagsIsReadInLinearTime() {
        String hostile = "<a href=\"".repeat(100_000);
        assertThat(links.page(hostile)).isEqualTo(hostile);
    }
}
