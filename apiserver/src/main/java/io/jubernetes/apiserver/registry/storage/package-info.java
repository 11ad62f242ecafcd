/// Storage classes, CSI drivers and nodes, storage capacities, volume attachments and volume attributes classes.
/// One strategy a kind; [io.jubernetes.apiserver.registry.Strategies] lists them.
@NullMarked
package io.jubernetes.apiserver.registry.storage;

import org.jspecify.annotations.NullMarked;
