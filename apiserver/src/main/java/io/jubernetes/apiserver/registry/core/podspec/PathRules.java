package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.validation.Field;
import java.util.List;

/// Paths inside volumes: none may lead out of them.
final class PathRules {
    private PathRules() {}

    /// Reports a part `..`.
    static void checkNoBacksteps(Field path) {
        checkNoBacksteps(path, path);
    }

    private static void checkNoBacksteps(Field path, Field place) {
        if (hasBackstep(path.text())) {
            place.invalid(path.text(), "must not contain '..'");
        }
    }

    static boolean hasBackstep(String path) {
        return List.of(path.split("/", -1)).contains("..");
    }

    /// Reports an absolute path and a part `..`.
    static void checkDescending(Field path) {
        checkDescending(path, path);
    }

    /// @param place where problems are reported
    static void checkDescending(Field path, Field place) {
        if (path.text().startsWith("/")) {
            place.invalid(path.text(), "must be a relative path");
        }
        checkNoBacksteps(path, place);
    }

    /// Reports what [#checkDescending] does, and names that begin with two dots, which volumes use themselves.
    static void checkNotReserved(Field path) {
        checkNotReserved(path, path);
    }

    /// @param place where problems are reported
    static void checkNotReserved(Field path, Field place) {
        checkDescending(path, place);
        String text = path.text();
        if (text.startsWith("..") && !text.startsWith("../")) {
            place.invalid(text, "must not start with '..'");
        }
    }
}
