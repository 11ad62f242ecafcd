/// The Common Expression Language as the Kubernetes API speaks it. [CelExpressions] parses and checks
/// with the CEL library for Java; running, the Kubernetes function libraries, and the estimation and
/// limitation of costs are here, because the library has none of them. A [CelProgram] is compiled once
/// and run by any number of threads.
@NullMarked
package io.jubernetes.common.cel;

import org.jspecify.annotations.NullMarked;
