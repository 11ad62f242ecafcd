package io.jubernetes.common.cel;

/// The null of expressions.
public enum CelNull {
    NULL;

    @Override
    public String toString() {
        return "null";
    }
}
