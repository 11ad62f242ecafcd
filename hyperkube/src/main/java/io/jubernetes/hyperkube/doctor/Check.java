package io.jubernetes.hyperkube.doctor;

/// What was found about one thing the machine needs.
///
/// @param remedy what to do about it; empty when all is well
record Check(String name, Level level, String found, String remedy) {
    enum Level {
        GOOD,
        WARNING,
        BAD
    }

    static Check good(String name, String found) {
        return new Check(name, Level.GOOD, found, "");
    }

    static Check warning(String name, String found, String remedy) {
        return new Check(name, Level.WARNING, found, remedy);
    }

    static Check bad(String name, String found, String remedy) {
        return new Check(name, Level.BAD, found, remedy);
    }
}
