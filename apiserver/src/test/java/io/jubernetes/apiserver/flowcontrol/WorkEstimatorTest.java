package io.jubernetes.apiserver.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.request.RequestInfo;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How many seats requests take.
class WorkEstimatorTest {
    private final FlowMeters meters = new FlowMeters(new SimpleMeterRegistry(), "schema", "level");

    private WorkEstimate estimate(String method, String target, int objects, long bytes, int watchers, int mostSeats) {
        var load = new ResourceLoad() {
            @Override
            public Optional<Stored> stored(RequestInfo info) {
                return objects < 0 ? Optional.empty() : Optional.of(new Stored(objects, bytes));
            }

            @Override
            public int watchers(RequestInfo info) {
                return watchers;
            }
        };
        return new WorkEstimator(load).estimate(Arrivals.of("jane", method, target), mostSeats, meters);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/pods, 0, 0, 0, 1",
        "/api/v1/pods, 10, 1000, 0, 1",
        "/api/v1/pods, 300, 1000, 0, 3",
        "/api/v1/pods, 100000, 1000, 0, 10", // what is streamed is never in memory all at once
        "/api/v1/pods, 100000, 1000, 4, 4",
        "/api/v1/pods?limit=150, 1000, 1000, 0, 2",
        "/api/v1/pods?limit=x, 1000, 1000, 0, 100",
        "/api/v1/pods?limit=x, 1000, 1000, 7, 7",
        "/api/v1/namespaces/a/pods/p, 1000, 1000000, 0, 1",
        "/api/v1/pods?watch=1, 1000, 1000000, 0, 1",
        "/api/v1/pods?watch=1&sendInitialEvents=true, 1000, 1000000, 0, 10",
        "/apis/metrics.k8s.io/v1/pods, -1, 0, 0, 1",
        "/version, -1, 0, 0, 1",
    })
    void readsTakeSeatsByWhatTheyHoldInMemory(String target, int objects, long bytes, int mostSeats, int seats) {
        assertThat(estimate("GET", target, objects, bytes, 0, mostSeats)).isEqualTo(WorkEstimate.ofSeats(seats));
    }

    @ParameterizedTest
    @CsvSource({"9, 0, 1, 0, 0", "10, 0, 1, 1, 5", "95, 0, 1, 10, 5", "400, 0, 1, 10, 20", "400, 4, 1, 4, 50"})
    void changesKeepSeatsWhileTheirWatchersAreTold(
            int watchers, int mostSeats, int initial, int last, int latencyMillis) {
        for (String method : new String[] {"PUT", "PATCH", "DELETE"}) {
            assertThat(estimate(method, "/api/v1/namespaces/a/pods/p", 10, 10, watchers, mostSeats))
                    .isEqualTo(new WorkEstimate(initial, last, Duration.ofMillis(latencyMillis)));
        }
    }

    @Test
    void theWidthOfARequestIsThatOfItsWidestPart() {
        assertThat(new WorkEstimate(3, 5, Duration.ofMillis(5)).maxSeats()).isEqualTo(5);
        assertThat(WorkEstimate.ofSeats(3).maxSeats()).isEqualTo(3);
    }
}
