/// What the API server asks of its database, and how that can fail. Start at
/// [io.jubernetes.apiserver.storage.KeyValueStore]; the implementations live in the packages below. Only the
/// watch cache and the resource layer call it.
@NullMarked
package io.jubernetes.apiserver.storage;

import org.jspecify.annotations.NullMarked;
