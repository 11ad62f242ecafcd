package io.jubernetes.apiserver.patch;

import java.io.Serial;

/// A patch cannot be read or does not fit the object.
public final class PatchException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    /// What is wrong, which decides the status code.
    public enum Problem {
        /// the patch itself cannot be read: 400
        MALFORMED,
        /// it cannot be carried out on this object: 422
        UNPROCESSABLE,
        /// one of the cases upstream has no status for: 500
        UNEXPECTED
    }

    private final Problem problem;

    public PatchException(Problem problem, String message) {
        super(message);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }

    /// Whether a `test` operation of a JSON patch found something else than it asked for.
    public boolean isFailedTest() {
        return String.valueOf(getMessage()).startsWith("testing value ");
    }
}
