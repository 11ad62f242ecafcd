package io.jubernetes.apiserver.cel;

/// The null of expressions.
public enum CelNull {
    NULL;

    @Override
    public String toString() {
        return "null";
    }
}
