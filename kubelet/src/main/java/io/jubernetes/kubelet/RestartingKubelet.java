package io.jubernetes.kubelet;

import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A kubelet that is put together anew when its certificates change: open connections would go on with the old ones
/// until the API server takes them no more. The pods do not notice.
final class RestartingKubelet implements RunningComponent {
    private static final Logger LOG = LoggerFactory.getLogger(RestartingKubelet.class);
    private static final long RETRY_MILLIS = 2_000;

    private final Kubelet.Options options;
    private final Clock clock;
    private @Nullable Kubelet kubelet; // guarded by this
    private boolean closed; // guarded by this

    private RestartingKubelet(Kubelet.Options options, Clock clock) {
        this.options = options;
        this.clock = clock;
    }

    static RestartingKubelet start(Kubelet.Options options, Clock clock) throws StartupException {
        var restarting = new RestartingKubelet(options, clock);
        restarting.begin();
        return restarting;
    }

    private synchronized void begin() throws StartupException {
        if (!closed) {
            kubelet = Kubelet.start(
                    options, () -> Thread.ofVirtual().name("kubelet-restart").start(this::restart), clock);
        }
    }

    private void restart() {
        synchronized (this) {
            if (kubelet != null) {
                kubelet.close();
                kubelet = null;
            }
        }
        while (true) {
            try {
                begin();
                return;
            } catch (StartupException e) {
                LOG.error("cannot start again with the new certificates: {}", e.getMessage());
            }
            try {
                Thread.sleep(RETRY_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Override
    public String name() {
        return "kubelet";
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (kubelet != null) {
            kubelet.close();
        }
    }
}
