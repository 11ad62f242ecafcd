package io.jubernetes.controllermanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.LeaderFence;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.controllermanager.testing.SmallServer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AccountClientsTest {
    private static final String TOKEN = "POST /api/v1/namespaces/kube-system/serviceaccounts/job-controller/token";

    private final SmallServer server = new SmallServer();
    private final HandMovedClock clock = new HandMovedClock();
    private final AccountClients clients = new AccountClients(server.client(), LeaderFence.open(), clock);

    private static final class HandMovedClock extends Clock {
        private Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    @AfterEach
    void close() {
        clients.close();
        server.close();
    }

    private void token(String token) {
        var answer = Json.object();
        answer.putObject("status")
                .put("token", token)
                .put(
                        "expirationTimestamp",
                        clock.instant().plus(Duration.ofHours(1)).toString());
        server.put(TOKEN, 201, answer);
    }

    @Test
    void requestsCarryTheAccountsTokenUntilItIsOld() {
        server.put("GET /api/v1/pods", 200, Json.object());
        var api = new RawApi(clients.of("job-controller"));
        token("first");
        api.get("/api/v1/pods");
        token("second");
        clock.now = clock.now.plus(Duration.ofMinutes(40));
        api.get("/api/v1/pods");
        clock.now = clock.now.plus(Duration.ofMinutes(10));
        api.get("/api/v1/pods");
        assertThat(server.requests())
                .containsExactly(
                        TOKEN,
                        "GET /api/v1/pods Bearer first",
                        "GET /api/v1/pods Bearer first",
                        TOKEN,
                        "GET /api/v1/pods Bearer second");
    }

    @Test
    void aTokenThatIsRefusedIsNotUsedAgain() {
        var api = new RawApi(clients.of("job-controller"));
        token("first");
        server.put("GET /api/v1/pods", 401, Json.object());
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> api.get("/api/v1/pods"))
                .hasMessageContaining("401");
        token("second");
        server.put("GET /api/v1/pods", 200, Json.object());
        api.get("/api/v1/pods");
        assertThat(server.requests()).last().isEqualTo("GET /api/v1/pods Bearer second");
    }

    @Test
    void aMissingAccountIsMade() {
        var api = new RawApi(clients.of("job-controller"));
        server.put("POST /api/v1/namespaces/kube-system/serviceaccounts", 201, Json.object());
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> api.get("/api/v1/pods"));
        assertThat(server.requests())
                .containsExactly(TOKEN, "POST /api/v1/namespaces/kube-system/serviceaccounts", TOKEN);
    }
}
