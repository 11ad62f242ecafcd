package io.jubernetes.common.controller;

import org.jspecify.annotations.Nullable;

/// Told about every change of an informer's objects, one at a time and in order. It must return quickly: putting a
/// key into a work queue is what it is for.
@FunctionalInterface
public interface ChangeHandler<T> {
    /// Both are never null. When the watch was interrupted they may be different objects of the same name, so
    /// compare their uids where it matters.
    ///
    /// @param before null when the object is new to this process
    /// @param after null when the object is gone
    void changed(@Nullable T before, @Nullable T after);
}
