package io.jubernetes.scheduler.framework;

import java.util.List;

/// Whether a pod fits a node, with the reason users are shown.
public sealed interface Verdict {
    /// The one [Fits].
    Verdict FITS = new Fits();

    /// The reasons in the words shown to users; none when it fits.
    List<String> why();

    /// The pod can go there.
    record Fits() implements Verdict {
        @Override
        public List<String> why() {
            return List.of();
        }
    }

    /// Not now: removing other pods might help.
    record NotNow(List<String> why) implements Verdict {}

    /// Not while pod and node are what they are, whatever other pods do.
    record Never(List<String> why) implements Verdict {}

    static Verdict notNow(String reason) {
        return new NotNow(List.of(reason));
    }

    static Verdict never(String reason) {
        return new Never(List.of(reason));
    }
}
