/// Who owns which field of an object (`metadata.managedFields`), and server-side apply on top of it. Start at
/// [ManagedFields]: the generic object service calls it on every write, the patch handler for an apply. Field sets,
/// comparison, merging and removal follow the kind's schema and walk the trees once.
@NullMarked
package io.jubernetes.apiserver.apply;

import org.jspecify.annotations.NullMarked;
