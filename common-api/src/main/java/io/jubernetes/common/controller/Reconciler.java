package io.jubernetes.common.controller;

import io.jubernetes.common.meta.ObjectKey;

/// A [KeyedReconciler] for the objects of one kind.
@FunctionalInterface
public interface Reconciler extends KeyedReconciler<ObjectKey> {}
