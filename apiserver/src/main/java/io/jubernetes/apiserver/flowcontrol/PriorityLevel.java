package io.jubernetes.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import org.jspecify.annotations.Nullable;

/// A priority level as it is configured.
///
/// @param exempt whether its requests are carried out at once, however many there are
/// @param shares its part of the server, as against the other levels' shares
/// @param lendablePercent how much of its part others may use while it does not
/// @param borrowingLimitPercent how much more than its part it may use; null for as much as there is
/// @param queuing null when requests that are too many are refused
record PriorityLevel(
        String name,
        String uid,
        boolean exempt,
        int shares,
        int lendablePercent,
        @Nullable Integer borrowingLimitPercent,
        @Nullable Queuing queuing) {
    private static final int DEFAULT_SHARES = 30;

    /// How requests wait.
    ///
    /// @param handSize how many of the queues a flow may use
    /// @param lengthLimit how many requests wait in a queue
    record Queuing(int queues, int handSize, int lengthLimit) {}

    /// Reads a stored object.
    static PriorityLevel of(JsonNode object) {
        JsonNode spec = object.path("spec");
        boolean exempt = spec.path("type").asText("").equals("Exempt");
        JsonNode settings = spec.path(exempt ? "exempt" : "limited");
        JsonNode response = settings.path("limitResponse");
        JsonNode queuing = response.path("queuing");
        JsonNode borrowing = settings.path("borrowingLimitPercent");
        return new PriorityLevel(
                Meta.name(object),
                Meta.uid(object),
                exempt,
                settings.path("nominalConcurrencyShares").asInt(exempt ? 0 : DEFAULT_SHARES),
                settings.path("lendablePercent").asInt(),
                borrowing.isNumber() ? borrowing.asInt() : null,
                response.path("type").asText("").equals("Queue")
                        ? new Queuing(
                                queuing.path("queues").asInt(),
                                queuing.path("handSize").asInt(),
                                queuing.path("queueLengthLimit").asInt())
                        : null);
    }

    /// How many queues there are; none when nothing waits here.
    int queues() {
        return queuing == null ? 0 : queuing.queues();
    }
}
