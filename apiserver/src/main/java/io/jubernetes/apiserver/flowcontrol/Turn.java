package io.jubernetes.apiserver.flowcontrol;

import org.jspecify.annotations.Nullable;

/// What came of a request's wait for its turn.
public sealed interface Turn {
    /// Which flow schema and priority level the request belongs to; null when it was not asked.
    @Nullable
    Flow flow();

    /// The flow schema and priority level of a request, as its answer's headers name them.
    ///
    /// @param schemaUid empty for one that is in force although there is no such object
    /// @param levelUid likewise
    record Flow(String schemaUid, String levelUid) {}

    /// The request may be carried out.
    ///
    /// @param seats to be given back afterwards
    record Granted(@Nullable Flow flow, Seats seats) implements Turn {}

    /// There is too much to do.
    ///
    /// @param retryAfterSeconds when the client may try again
    record Refused(@Nullable Flow flow, int retryAfterSeconds) implements Turn {}
}
