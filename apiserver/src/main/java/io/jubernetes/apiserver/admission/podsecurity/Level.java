package io.jubernetes.apiserver.admission.podsecurity;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A standard in the form of a Kubernetes version.
///
/// @param minor of `v1.N`; [#LATEST] for the newest
record Level(String name, int minor) {
    static final int LATEST = Integer.MAX_VALUE;
    static final Level PRIVILEGED = new Level("privileged", LATEST);
    static final List<String> NAMES = List.of("privileged", "baseline", "restricted");

    private static final Pattern VERSION = Pattern.compile("v1\\.([0-9]|[1-9][0-9]{1,4})");

    /// The minor version a label names; empty when it is malformed.
    static Optional<Integer> minorOf(String version) {
        if (version.equals("latest")) {
            return Optional.of(LATEST);
        }
        Matcher matcher = VERSION.matcher(version);
        return matcher.matches() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
    }

    boolean isBaseline() {
        return name.equals("baseline") || isRestricted();
    }

    boolean isRestricted() {
        return name.equals("restricted");
    }

    @Override
    public String toString() {
        return name + ":" + (minor == LATEST ? "latest" : "v1." + minor);
    }
}
