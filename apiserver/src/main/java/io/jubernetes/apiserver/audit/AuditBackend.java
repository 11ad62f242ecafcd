package io.jubernetes.apiserver.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/// Takes events to where they are kept. Called by one thread at a time.
interface AuditBackend {
    /// Upstream's name, for metrics.
    String name();

    /// @throws IOException when the events could not be delivered
    void deliver(List<ObjectNode> events) throws IOException;

    default void close() {}
}
