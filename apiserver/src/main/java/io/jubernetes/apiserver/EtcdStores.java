package io.jubernetes.apiserver;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.common.component.StartupException;

/// Opens the etcd store.
final class EtcdStores {
    private EtcdStores() {}

    static KeyValueStore open(ApiServerOptions options) throws StartupException {
        throw new StartupException("--storage-backend=etcd is not available in this build: " + options.etcdServers());
    }
}
