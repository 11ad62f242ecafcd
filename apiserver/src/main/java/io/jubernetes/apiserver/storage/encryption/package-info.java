/// Values that are encrypted before they reach the store, in upstream's formats. Start at
/// [io.jubernetes.apiserver.storage.encryption.EncryptingStore], which wraps a store;
/// [io.jubernetes.apiserver.storage.encryption.EncryptionConfiguration] reads what is encrypted with which keys.
@NullMarked
package io.jubernetes.apiserver.storage.encryption;

import org.jspecify.annotations.NullMarked;
