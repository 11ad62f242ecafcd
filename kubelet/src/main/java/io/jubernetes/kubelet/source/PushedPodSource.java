package io.jubernetes.kubelet.source;

import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Static pods from a manifest that somebody sends to the kubelet's server. The last one counts; it is kept in a file,
/// so that its pods outlive the kubelet. Thread-safe.
public final class PushedPodSource {
    private static final Logger LOG = LoggerFactory.getLogger(PushedPodSource.class);

    private final Path file;
    private final String nodeName;
    private final ManifestPods pods; // guarded by this
    private final Clock clock;
    private boolean started; // guarded by this

    /// @param file where the manifest is kept
    public PushedPodSource(Path file, String nodeName, PodSink sink, Clock clock) {
        this.file = file;
        this.nodeName = nodeName;
        this.pods = new ManifestPods(sink);
        this.clock = clock;
    }

    /// Starts the pods of an earlier kubelet's manifest. A damaged one is left where it is.
    public synchronized void start() {
        started = true;
        try {
            Optional<byte[]> kept = manifest();
            if (kept.isPresent()) {
                apply(kept.get());
            }
        } catch (IOException e) {
            LOG.warn("{}: {}", file, e.getMessage());
        }
    }

    /// The manifest as it was sent; empty when there is none.
    public synchronized Optional<byte[]> manifest() throws IOException {
        return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    }

    /// Replaces the manifest.
    ///
    /// @param manifest of one pod or of a list
    /// @throws IOException when it is none, saying why; the old one stays
    public synchronized void replace(byte[] manifest) throws IOException {
        if (!started) {
            throw new IOException("the kubelet is still starting; try again in a moment");
        }
        apply(manifest);
        Pem.writeSecret(file, new String(manifest, StandardCharsets.UTF_8));
    }

    private void apply(byte[] manifest) throws IOException {
        pods.set(StaticPods.readAll(manifest, "listener", "listener", nodeName, clock.instant()));
    }

    /// Ends the manifest's pods.
    public synchronized void remove() throws IOException {
        Files.deleteIfExists(file);
        pods.set(List.of());
    }

    public synchronized Set<String> uids() {
        return pods.uids();
    }
}
