package io.jubernetes.kubelet.csi;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.kubelet.plugin.PluginHandler;
import io.jubernetes.kubelet.plugin.PluginInfo;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The drivers of storage that have registered on this node. Thread-safe.
public final class CsiDrivers implements PluginHandler, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CsiDrivers.class);

    private final CsiNodes nodes;
    private final Map<String, CsiDriver> drivers = new ConcurrentHashMap<>();

    public CsiDrivers(CsiNodes nodes) {
        this.nodes = nodes;
    }

    @Override
    public String type() {
        return "CSIPlugin";
    }

    @Override
    public void register(PluginInfo plugin) throws IOException {
        if (plugin.versions().stream().noneMatch(version -> version.matches("v?1(\\..*)?"))) {
            throw new IOException("kubernetes.io/csi: driver " + plugin.name()
                    + " supports none of the versions that the kubelet supports (1.x): " + plugin.versions());
        }
        CsiDriver driver = CsiDriver.connect(plugin.endpoint());
        try {
            nodes.add(plugin.name(), driver.info());
        } catch (KubernetesClientException e) {
            driver.close();
            throw new IOException("cannot enter the driver into the CSINode: " + e.getMessage(), e);
        }
        CsiDriver old = drivers.put(plugin.name(), driver);
        if (old != null) {
            old.close();
        }
    }

    @Override
    public void unregister(PluginInfo plugin) {
        CsiDriver known = drivers.get(plugin.name());
        if (known == null || !known.endpoint().equals(plugin.endpoint())) {
            return;
        }
        drivers.remove(plugin.name());
        known.close();
        try {
            nodes.remove(plugin.name());
        } catch (KubernetesClientException e) {
            LOG.warn("driver {} is gone but still in the CSINode: {}", plugin.name(), e.getMessage());
        }
    }

    /// @throws IOException when no such driver has registered
    public CsiDriver get(String name) throws IOException {
        return Optional.ofNullable(drivers.get(name))
                .orElseThrow(() ->
                        new IOException("driver name " + name + " not found in the list of registered CSI drivers"));
    }

    @Override
    public void close() {
        drivers.values().forEach(CsiDriver::close);
    }
}
