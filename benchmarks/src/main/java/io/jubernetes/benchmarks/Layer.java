package io.jubernetes.benchmarks;

import java.util.List;

/// What a stack frame's time is spent for.
enum Layer {
    TLS("TLS"),
    COMMIT("commit"),
    NETWORK("network and event loops"),
    HTTP("HTTP, Reactor, Spring"),
    JSON("JSON"),
    OURS("our own code"),
    OTHER("JDK");

    private final String title;

    Layer(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /// @param frame class and method, the class with its package
    static Layer of(String frame) {
        if (startsWith(frame, "io.netty.handler.ssl", "io.netty.internal.tcnative", "sun.security.ssl")) {
            return TLS;
        }
        if (startsWith(frame, "org.sqlite", "io.jubernetes.apiserver.storage")) {
            return COMMIT;
        }
        if (startsWith(frame, "io.netty.channel", "io.netty.util.concurrent", "io.netty.buffer", "sun.nio")) {
            return NETWORK;
        }
        if (startsWith(frame, "io.netty", "reactor.", "org.springframework", "org.reactivestreams")) {
            return HTTP;
        }
        if (startsWith(frame, "com.fasterxml.jackson", "io.jubernetes.common.codec")) {
            return JSON;
        }
        return startsWith(frame, "io.jubernetes") ? OURS : OTHER;
    }

    /// The layer of a stack: that of the innermost frame that is not the JDK's.
    ///
    /// @param frames the innermost first
    static Layer of(List<String> frames) {
        return frames.stream()
                .map(Layer::of)
                .filter(layer -> layer != OTHER)
                .findFirst()
                .orElse(OTHER);
    }

    private static boolean startsWith(String frame, String... prefixes) {
        for (String prefix : prefixes) {
            if (frame.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }
}
