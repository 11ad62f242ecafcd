/// Kinds that users define at run time. A CustomResourceDefinition is checked by [CrdStrategy],
/// compiled into a [CustomKind] by [CustomResources], which follows the definitions in the store, and
/// served like a built-in kind through a [CustomStrategy] for each version. What a schema asks for is
/// in small algorithms over [Structural]: pruning, defaults, validation, list types and the shape
/// server-side apply works with.
@NullMarked
package io.jubernetes.apiserver.customresource;

import org.jspecify.annotations.NullMarked;
