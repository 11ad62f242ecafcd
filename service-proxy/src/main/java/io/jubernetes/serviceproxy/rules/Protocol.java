package io.jubernetes.serviceproxy.rules;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The transport protocols a Service can have.
public enum Protocol {
    TCP,
    UDP,
    SCTP;

    /// The protocol an API object names; TCP when it names none, empty for one that does not exist.
    public static Optional<Protocol> of(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return Optional.of(TCP);
        }
        for (Protocol protocol : values()) {
            if (protocol.name().equals(text)) {
                return Optional.of(protocol);
            }
        }
        return Optional.empty();
    }

    /// The name in firewall rules and DNS labels: `tcp`.
    public String lowerCase() {
        return name().toLowerCase(Locale.ROOT);
    }
}
