package io.jubernetes.common.cel;

/// A type as a value.
record CelTypeName(String name) {
    @Override
    public String toString() {
        return name;
    }
}
