package io.jubernetes.serviceproxy;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// Who forwards connections to endpoints.
enum ProxyMode {
    /// the kernel's packet filter
    NFTABLES,
    /// this process
    USERSPACE;

    /// The mode a flag names.
    static Optional<ProxyMode> of(String flag) {
        return Stream.of(values()).filter(mode -> mode.flag().equals(flag)).findFirst();
    }

    /// Its name in flags and at `/proxyMode`.
    String flag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
