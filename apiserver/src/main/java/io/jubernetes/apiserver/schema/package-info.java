/// The shape of every kind: fields, list types and keys, patch strategies, defaults. Built-in kinds come from a
/// table of facts ([io.jubernetes.apiserver.schema.BuiltinTypes]), custom ones from their OpenAPI schema.
/// Decoding, patching, field ownership and publishing are each one algorithm over a
/// [io.jubernetes.apiserver.schema.Schema].
@NullMarked
package io.jubernetes.apiserver.schema;

import org.jspecify.annotations.NullMarked;
