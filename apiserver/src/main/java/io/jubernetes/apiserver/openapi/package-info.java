/// The published OpenAPI documents, made from the schemas of the kinds that are served.
@NullMarked
package io.jubernetes.apiserver.openapi;

import org.jspecify.annotations.NullMarked;
