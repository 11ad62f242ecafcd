/// Generic create, get, list, watch, update, patch and delete over any kind, driven by the kind's
/// [io.jubernetes.apiserver.resource.ApiResource] and [io.jubernetes.apiserver.resource.Strategy]. Start at
/// [io.jubernetes.apiserver.resource.ResourceCatalog]; only the HTTP layer and the bootstrap call it.
@NullMarked
package io.jubernetes.apiserver.resource;

import org.jspecify.annotations.NullMarked;
