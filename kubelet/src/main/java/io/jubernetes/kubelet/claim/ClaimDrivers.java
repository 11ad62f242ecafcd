package io.jubernetes.kubelet.claim;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.kubelet.plugin.PluginHandler;
import io.jubernetes.kubelet.plugin.PluginInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The drivers of devices that have registered on this node. When one stays away its ResourceSlices are removed, so
/// that no more pods come for its devices; the same goes for all at the kubelet's start. Thread-safe.
public final class ClaimDrivers implements PluginHandler, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClaimDrivers.class);
    private static final List<String> VERSIONS = List.of("v1", "v1beta1");
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final DeviceSlices slices;
    private final Duration absence;
    private final Map<String, ClaimDriver> drivers = new HashMap<>(); // guarded by this
    private final Map<String, Thread> cleaners = new HashMap<>(); // guarded by this

    /// @param absence how long a driver may be away before its slices are removed
    public ClaimDrivers(DeviceSlices slices, Duration absence) {
        this.slices = slices;
        this.absence = absence;
    }

    /// Removes what drivers published for an earlier kubelet; those that are there publish again.
    public synchronized void start() {
        clean(Optional.empty(), Duration.ZERO);
    }

    @Override
    public String type() {
        return "DRAPlugin";
    }

    @Override
    public synchronized void register(PluginInfo plugin) throws IOException {
        String version = VERSIONS.stream()
                .filter(known -> plugin.versions().contains(known + ".DRAPlugin"))
                .findFirst()
                .orElseThrow(() -> new IOException("none of the versions " + plugin.versions()
                        + " that the driver supports is known to the kubelet (v1.DRAPlugin, v1beta1.DRAPlugin)"));
        ClaimDriver old = drivers.put(plugin.name(), new ClaimDriver(plugin.name(), plugin.endpoint(), version));
        if (old != null) {
            old.close();
        }
        Thread cleaner = cleaners.remove(plugin.name());
        if (cleaner != null) {
            cleaner.interrupt();
        }
    }

    @Override
    public synchronized void unregister(PluginInfo plugin) {
        ClaimDriver known = drivers.get(plugin.name());
        if (known != null && known.endpoint().equals(plugin.endpoint())) {
            drivers.remove(plugin.name());
            known.close();
            clean(Optional.of(plugin.name()), absence);
        }
    }

    /// @throws IOException when no such driver has registered
    synchronized ClaimDriver get(String name) throws IOException {
        ClaimDriver driver = drivers.get(name);
        if (driver == null) {
            throw new IOException("DRA driver " + name + " is not registered");
        }
        return driver;
    }

    private synchronized void clean(Optional<String> driver, Duration delay) {
        Thread cleaner = Thread.ofVirtual().name("device-slices").unstarted(() -> {
            try {
                Thread.sleep(delay);
                Duration pause = Duration.ofMillis(500);
                while (!removed(driver)) {
                    long longest = pause.toMillis();
                    Thread.sleep(longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2));
                    pause = pause.multipliedBy(2).compareTo(LONGEST_RETRY) < 0 ? pause.multipliedBy(2) : LONGEST_RETRY;
                }
            } catch (InterruptedException e) {
                // The driver is back, or the kubelet ends.
            }
        });
        Thread old = cleaners.put(driver.orElse(""), cleaner);
        if (old != null) {
            old.interrupt();
        }
        cleaner.start();
    }

    private boolean removed(Optional<String> driver) {
        try {
            slices.remove(driver);
            return true;
        } catch (KubernetesClientException e) {
            LOG.info("cannot remove ResourceSlices yet: {}", e.getMessage());
            // An API server that does not know them has none.
            return e.getCode() == 404;
        }
    }

    @Override
    public synchronized void close() {
        cleaners.values().forEach(Thread::interrupt);
        drivers.values().forEach(ClaimDriver::close);
    }
}
