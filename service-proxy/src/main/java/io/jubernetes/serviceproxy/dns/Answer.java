package io.jubernetes.serviceproxy.dns;

import java.util.List;

/// What is answered to a question.
///
/// @param authoritative whether the answer is this server's own knowledge
record Answer(
        Rcode code,
        boolean authoritative,
        List<ResourceRecord> answers,
        List<ResourceRecord> authority,
        List<ResourceRecord> additional) {
    Answer {
        answers = List.copyOf(answers);
        authority = List.copyOf(authority);
        additional = List.copyOf(additional);
    }

    /// An answer without records.
    static Answer of(Rcode code) {
        return new Answer(code, false, List.of(), List.of(), List.of());
    }
}
