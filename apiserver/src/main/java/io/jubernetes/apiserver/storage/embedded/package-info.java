/// The store for a single API server: one SQLite file in WAL mode with fully synchronous commits. Start at
/// [io.jubernetes.apiserver.storage.embedded.EmbeddedStore]. One thread writes and commits many requests at
/// once; a few threads read; watchers are fed from memory, or from the file when they are behind.
@NullMarked
package io.jubernetes.apiserver.storage.embedded;

import org.jspecify.annotations.NullMarked;
