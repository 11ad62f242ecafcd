package io.jubernetes.apiserver.admission.podsecurity;

import java.util.List;
import java.util.stream.Collectors;

/// One check that a pod fails.
///
/// @param name of the check's reason, such as `host namespaces`
/// @param detail where and why
record Violation(String name, String detail) {
    static String describe(List<Violation> violations) {
        return violations.stream()
                .map(violation -> violation.name() + " (" + violation.detail() + ")")
                .collect(Collectors.joining(", "));
    }

    static String names(List<Violation> violations) {
        return violations.stream().map(Violation::name).collect(Collectors.joining(", "));
    }
}
