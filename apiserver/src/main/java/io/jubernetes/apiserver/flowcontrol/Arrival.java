package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import java.time.Duration;
import java.util.Set;

/// A request that asks for its turn.
///
/// @param user whom the request acts as
/// @param limit the query parameter of a list, as it was sent; empty for none
/// @param initialEvents whether a watch begins with all objects there are
/// @param patience how long it may wait
public record Arrival(RequestInfo info, UserInfo user, String limit, boolean initialEvents, Duration patience) {
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);
    private static final int PART_OF_TIMEOUT = 4;
    private static final Set<String> READING = Set.of("get", "list", "watch");

    /// How long a request may wait for its turn: a quarter of the time it has, and never more than a minute.
    public static Duration patience(Duration timeout) {
        Duration quarter = timeout.dividedBy(PART_OF_TIMEOUT);
        return quarter.compareTo(LONGEST_WAIT) < 0 ? quarter : LONGEST_WAIT;
    }

    boolean isWatch() {
        return info.resourceRequest() && info.verb().equals("watch");
    }

    /// Whether it may change something.
    boolean isMutating() {
        return !READING.contains(info.verb());
    }

    /// The namespace it is about; a namespace itself counts as within itself.
    String namespace() {
        boolean namespace = info.group().isEmpty() && info.resource().equals("namespaces");
        return namespace ? info.name() : info.namespace();
    }
}
