package io.jubernetes.serviceproxy.dns;

import java.util.List;
import java.util.Locale;

/// What a client wants to know.
///
/// @param name in lower case, ending with a dot
record Question(String name, int type, int dnsClass) {
    Question {
        name = name.toLowerCase(Locale.ROOT);
        name = name.endsWith(".") ? name : name + ".";
    }

    /// The name's labels from left to right; none for the root.
    List<String> labels() {
        return labels(name);
    }

    /// The labels of a name with or without its last dot.
    static List<String> labels(String name) {
        String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        return bare.isEmpty() ? List.of() : List.of(bare.split("\\.", -1));
    }

    /// Whether records of a type are an answer.
    boolean wants(int recordType) {
        return type == recordType || type == Type.ANY;
    }
}
