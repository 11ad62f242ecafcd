package io.jubernetes.apiserver;

import io.jubernetes.apiserver.configuration.ConfigurationFiles;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.encryption.EncryptingStore;
import io.jubernetes.apiserver.storage.encryption.EncryptionConfiguration;
import io.jubernetes.apiserver.storage.encryption.KeyResources;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Encryption of what is stored.
final class EncryptionFlags {
    @Option(
            names = "--encryption-provider-config",
            description = "EncryptionConfiguration: what is encrypted in the store, and with which keys.")
    private @Nullable Path file;

    @Option(
            names = "--encryption-provider-config-automatic-reload",
            arity = "0..1",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Use a changed --encryption-provider-config without a restart.")
    private boolean reload;

    /// The flags' values.
    record Values(@Nullable Path file, boolean reload) {
        /// The store that encrypts; the same store when nothing is to be encrypted.
        ///
        /// @param resources tells which resource a key belongs to
        /// @param files has a changed configuration used
        KeyValueStore encrypting(KeyValueStore store, KeyResources resources, ConfigurationFiles files)
                throws StartupException {
            if (file == null) {
                return store;
            }
            try {
                byte[] content = Files.readAllBytes(file);
                var encrypting = new EncryptingStore(store, EncryptionConfiguration.parse(content), resources::of);
                if (reload) {
                    files.watch(
                            "encryption",
                            file,
                            content,
                            changed -> encrypting.use(EncryptionConfiguration.parse(changed)));
                }
                return encrypting;
            } catch (IOException e) {
                throw new StartupException("--encryption-provider-config: " + file + ": " + e.getMessage(), e);
            }
        }
    }

    Values values() {
        return new Values(file, reload);
    }
}
