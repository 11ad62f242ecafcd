package io.jubernetes.apiserver;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.etcd.EtcdSettings;
import io.jubernetes.apiserver.storage.etcd.EtcdStore;
import io.jubernetes.common.component.StartupException;
import java.net.URI;

/// Opens the etcd store as the flags say.
final class EtcdStores {
    private EtcdStores() {}

    static KeyValueStore open(ApiServerOptions options) throws StartupException {
        try {
            return EtcdStore.open(new EtcdSettings(
                    options.etcdServers().stream().map(URI::create).toList(),
                    options.etcdCaFile(),
                    options.etcdCertFile(),
                    options.etcdKeyFile(),
                    EtcdSettings.COMPACTION_INTERVAL));
        } catch (IllegalArgumentException e) {
            throw new StartupException(
                    "--etcd-servers, --etcd-cafile, --etcd-certfile, --etcd-keyfile: " + e.getMessage(), e);
        }
    }
}
