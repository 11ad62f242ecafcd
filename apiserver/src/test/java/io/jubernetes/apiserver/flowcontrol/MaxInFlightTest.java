package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.request.UserInfo;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The bounds that hold when priority and fairness is switched off.
class MaxInFlightTest {
    private static final String PODS = "/api/v1/namespaces/a/pods";

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MaxInFlight bounds = new MaxInFlight(2, 1, registry);

    private Turn ask(String method, String path) {
        return bounds.admit(Arrivals.of("jane", method, path));
    }

    private double inFlight(String kind) {
        return registry.get("apiserver_current_inflight_requests")
                .tag("request_kind", kind)
                .gauge()
                .value();
    }

    @Test
    void readsAndChangesHaveBoundsOfTheirOwn() {
        Turn change = ask("POST", PODS);
        assertThat(ask("POST", PODS)).isEqualTo(new Turn.Refused(null, 1));
        assertThat(ask("GET", PODS)).isInstanceOf(Turn.Granted.class);
        assertThat(ask("GET", PODS)).isInstanceOf(Turn.Granted.class);
        assertThat(ask("GET", PODS)).isInstanceOf(Turn.Refused.class);
        assertThat(inFlight("mutating")).isEqualTo(1);
        assertThat(inFlight("readOnly")).isEqualTo(2);
        ((Turn.Granted) change).seats().release();
        ((Turn.Granted) change).seats().release();
        assertThat(ask("POST", PODS)).isInstanceOf(Turn.Granted.class);
        assertThat(ask("POST", PODS)).isInstanceOf(Turn.Refused.class);
        assertThat(registry.get("apiserver_dropped_requests_total")
                        .tag("request_kind", "mutating")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void administratorsAndLongRunningRequestsAreNotCounted() {
        ask("GET", PODS);
        ask("GET", PODS);
        for (String path : List.of(PODS + "?watch=1", PODS + "/p/log", PODS + "/p/exec", PODS + "/p/proxy")) {
            assertThat(ask("GET", path)).isInstanceOf(Turn.Granted.class);
        }
        assertThat(bounds.admit(Arrivals.of("root", List.of(UserInfo.MASTERS_GROUP), "GET", PODS)))
                .isInstanceOf(Turn.Granted.class);
    }

    @Test
    void noughtMeansNoBound() {
        var unbounded = new MaxInFlight(0, 0, new SimpleMeterRegistry());
        for (int i = 0; i < 1000; i++) {
            assertThat(unbounded.admit(Arrivals.of("jane", "GET", PODS))).isInstanceOf(Turn.Granted.class);
        }
    }
}
