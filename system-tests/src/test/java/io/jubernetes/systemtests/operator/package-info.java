/// An operator built with the Java Operator SDK, which leans on most of the API at once: a custom resource, informers,
/// server-side apply, status, finalizers, owner references, leases, a service account's rights. `OperatorTest` runs it.
@NullMarked
package io.jubernetes.systemtests.operator;

import org.jspecify.annotations.NullMarked;
