package io.jubernetes.kubelet.probe;

/// What one probe found.
///
/// @param output what to tell the user
record Outcome(Kind kind, String output) {
    enum Kind {
        SUCCESS,
        FAILURE,
        /// The probe itself could not be made; it says nothing about the container.
        ERROR
    }

    static Outcome success(String output) {
        return new Outcome(Kind.SUCCESS, output);
    }

    static Outcome failure(String output) {
        return new Outcome(Kind.FAILURE, output);
    }

    static Outcome error(String output) {
        return new Outcome(Kind.ERROR, output);
    }
}
