package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Requests as tests need them.
final class Arrivals {
    private Arrivals() {}

    /// @param target the path, with a query or without
    static Arrival of(String user, List<String> groups, String method, String target) {
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        String query = mark < 0 ? "" : target.substring(mark + 1);
        Map<String, List<String>> parameters = query.contains("watch=1") ? Map.of("watch", List.of("1")) : Map.of();
        return new Arrival(
                RequestInfo.of(method, path, parameters),
                new UserInfo(user, "", groups, Map.of()),
                query.startsWith("limit=") ? query.substring("limit=".length()) : "",
                query.contains("sendInitialEvents=true"),
                Duration.ofSeconds(15));
    }

    /// A request of an ordinary user.
    static Arrival of(String user, String method, String target) {
        return of(user, List.of(UserInfo.AUTHENTICATED_GROUP), method, target);
    }
}
