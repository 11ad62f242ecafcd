package io.jubernetes.kubelet.network;

import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Kernel settings the node needs. What was there before is noted in a file, so that a purge can put it back.
public final class Sysctls {
    private static final Logger LOG = LoggerFactory.getLogger(Sysctls.class);
    private static final Path ROOT = Path.of("/proc/sys");
    /// Paths below `/proc/sys` and the values they need. The bridge settings exist only where the kernel can
    /// filter bridged packets; without them replies within one bridge would bypass the service proxy's
    /// address translation.
    private static final Map<String, String> NEEDED = needed();

    private final Path root;
    private final Path note;

    /// @param note the file to note the earlier values in
    public Sysctls(Path note) {
        this(ROOT, note);
    }

    Sysctls(Path root, Path note) {
        this.root = root;
        this.note = note;
    }

    private static Map<String, String> needed() {
        var needed = new LinkedHashMap<String, String>();
        needed.put("net/ipv4/ip_forward", "1");
        needed.put("net/bridge/bridge-nf-call-iptables", "1");
        needed.put("net/bridge/bridge-nf-call-ip6tables", "1");
        return needed;
    }

    /// Sets what is not set.
    public void apply() {
        var before = new LinkedHashMap<String, String>();
        NEEDED.forEach((name, value) -> {
            Path file = root.resolve(name);
            try {
                String now = Files.readAllLines(file).getFirst().strip();
                if (!now.equals(value)) {
                    Files.writeString(file, value);
                    before.put(name, now);
                }
            } catch (IOException e) {
                LOG.warn("cannot set {} to {}: {}; Services may not work from within pods", file, value, e.toString());
            }
        });
        if (before.isEmpty()) {
            return;
        }
        try {
            var noted = read();
            before.forEach(noted::putIfAbsent);
            Files.createDirectories(note.toAbsolutePath().getParent());
            Files.write(note, Json.bytes(noted));
        } catch (IOException e) {
            LOG.warn("cannot note earlier kernel settings in {}: {}", note, e.toString());
        }
    }

    /// Puts back what [#apply] changed, now or in an earlier run.
    public void restore() {
        try {
            for (var entry : read().entrySet()) {
                Files.writeString(root.resolve(entry.getKey()), entry.getValue());
            }
            Files.deleteIfExists(note);
        } catch (IOException e) {
            LOG.warn("cannot put back kernel settings noted in {}: {}", note, e.toString());
        }
    }

    private Map<String, String> read() throws IOException {
        var noted = new LinkedHashMap<String, String>();
        if (Files.exists(note)) {
            Json.read(Files.readAllBytes(note))
                    .properties()
                    .forEach(entry -> noted.put(entry.getKey(), entry.getValue().asText()));
        }
        return noted;
    }
}
