package io.jubernetes.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.meta.Quantity;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Upstream's `KubeletConfiguration` (`kubelet.config.k8s.io/v1beta1`), put together from the file of
/// `--config`, the `*.conf` files of `--config-dir` in the order of their names, and the flags: what comes later
/// wins, maps are merged, lists replaced.
public final class KubeletConfiguration {
    private static final String GROUP = "kubelet.config.k8s.io/";
    private static final String KIND = "KubeletConfiguration";

    private final ObjectNode tree;

    private KubeletConfiguration(ObjectNode tree) {
        this.tree = tree;
    }

    /// @param file of `--config`
    /// @param dropIns the directory of `--config-dir`
    /// @param flags what flags say, in the form of the configuration
    /// @throws StartupException naming the file that cannot be used
    public static KubeletConfiguration load(@Nullable Path file, @Nullable Path dropIns, ObjectNode flags)
            throws StartupException {
        ObjectNode tree = Json.object();
        if (file != null) {
            merge(tree, read(file, true));
        }
        if (dropIns != null) {
            for (Path part : parts(dropIns)) {
                merge(tree, read(part, false));
            }
        }
        merge(tree, flags);
        tree.remove(List.of("kind", "apiVersion"));
        return new KubeletConfiguration(tree);
    }

    private static List<Path> parts(Path directory) throws StartupException {
        var parts = new ArrayList<Path>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "*.conf")) {
            all.forEach(parts::add);
        } catch (IOException e) {
            throw new StartupException("--config-dir: cannot read " + directory + ": " + e.getMessage(), e);
        }
        parts.sort(null);
        return parts;
    }

    private static ObjectNode read(Path file, boolean whole) throws StartupException {
        try {
            JsonNode content = Yaml.read(Files.readAllBytes(file));
            String version = content.path("apiVersion").asText("");
            String kind = content.path("kind").asText("");
            boolean partial = !whole && version.isEmpty() && kind.isEmpty();
            if (content instanceof ObjectNode object && (partial || kind.equals(KIND) && version.startsWith(GROUP))) {
                return object;
            }
            throw new StartupException("--config: " + file + " is not a " + KIND + " of " + GROUP
                    + "v1beta1, but kind \"" + kind + "\" of \"" + version + "\"");
        } catch (IOException e) {
            throw new StartupException("--config: cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static void merge(ObjectNode into, ObjectNode from) {
        from.properties().forEach(field -> {
            JsonNode old = into.get(field.getKey());
            if (old instanceof ObjectNode map && field.getValue() instanceof ObjectNode more) {
                merge(map, more);
            } else if (!field.getValue().isNull()) {
                into.set(field.getKey(), field.getValue().deepCopy());
            }
        });
    }

    /// What was configured, without defaults.
    public ObjectNode tree() {
        return tree.deepCopy();
    }

    private JsonNode at(String path) {
        return tree.at("/" + path.replace('.', '/'));
    }

    /// A text, by the path of the field.
    public String text(String path, String byDefault) {
        String value = at(path).asText("");
        return value.isEmpty() ? byDefault : value;
    }

    public Optional<String> text(String path) {
        return Optional.of(text(path, "")).filter(value -> !value.isEmpty());
    }

    public int number(String path, int byDefault) {
        return at(path).isNumber() ? at(path).asInt() : byDefault;
    }

    public boolean flag(String path, boolean byDefault) {
        return at(path).isBoolean() ? at(path).asBoolean() : byDefault;
    }

    /// @throws IllegalArgumentException when it is not a duration
    public Duration duration(String path, Duration byDefault) {
        String value = at(path).asText("");
        Duration duration = value.isEmpty() ? Duration.ZERO : GoDuration.parse(value);
        return duration.isZero() ? byDefault : duration;
    }

    public List<String> list(String path) {
        var result = new ArrayList<String>();
        at(path).forEach(value -> result.add(value.asText()));
        return result;
    }

    public Map<String, String> map(String path) {
        Map<String, String> result = new LinkedHashMap<>();
        at(path).properties()
                .forEach(field -> result.put(field.getKey(), field.getValue().asText()));
        return result;
    }

    private Map<String, Duration> durations(String path) {
        Map<String, Duration> result = new LinkedHashMap<>();
        map(path).forEach((key, value) -> result.put(key, GoDuration.parse(value)));
        return result;
    }

    private Map<String, Quantity> quantities(String path) {
        Map<String, Quantity> result = new LinkedHashMap<>();
        map(path).forEach((key, value) -> result.put(key, Quantity.parse(value)));
        return result;
    }

    /// Taints of a new node, as `key=value:effect`.
    public List<String> taints() {
        var result = new ArrayList<String>();
        at("registerWithTaints").forEach(taint -> {
            String value = taint.path("value").asText("");
            result.add(taint.path("key").asText() + (value.isEmpty() ? "" : "=" + value) + ":"
                    + taint.path("effect").asText());
        });
        return result;
    }

    /// The node's policies.
    ///
    /// @throws IllegalArgumentException naming a value that makes no sense
    public NodePolicies policies() {
        NodePolicies defaults = NodePolicies.DEFAULT;
        NodePolicies.ImageCollection images = defaults.images();
        return new NodePolicies(
                list("allowedUnsafeSysctls"),
                quantities("systemReserved"),
                quantities("kubeReserved"),
                eviction(defaults.eviction()),
                new NodePolicies.ImageCollection(
                        number("imageGCHighThresholdPercent", images.highPercent()),
                        number("imageGCLowThresholdPercent", images.lowPercent()),
                        duration("imageMinimumGCAge", images.minAge()),
                        duration("imageMaximumGCAge", images.maxAge())),
                shutdown(),
                manifests(defaults.manifests()),
                duration("crashLoopBackOff.maxContainerRestartPeriod", defaults.longestCrashPause()),
                text("containerLogMaxSize").map(Quantity::parse).orElse(defaults.logMaxSize()),
                number("containerLogMaxFiles", defaults.logMaxFiles()),
                flag("serializeImagePulls", false) ? 1 : number("maxParallelImagePulls", defaults.parallelPulls()),
                number("nodeLeaseDurationSeconds", defaults.leaseSeconds()),
                flag("cgroupsPerQOS", true),
                text("cgroupDriver"));
    }

    private NodePolicies.Shutdown shutdown() {
        JsonNode groups = at("shutdownGracePeriodByPodPriority");
        Duration total = duration("shutdownGracePeriod", Duration.ZERO);
        if (groups.isEmpty()) {
            return NodePolicies.Shutdown.of(total, duration("shutdownGracePeriodCriticalPods", Duration.ZERO));
        }
        if (!total.isZero()) {
            throw new IllegalArgumentException(
                    "cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod");
        }
        Map<Integer, Duration> times = new LinkedHashMap<>();
        groups.forEach(group -> times.put(
                group.path("priority").asInt(),
                Duration.ofSeconds(group.path("shutdownGracePeriodSeconds").asLong())));
        return new NodePolicies.Shutdown(times);
    }

    private NodePolicies.Eviction eviction(NodePolicies.Eviction defaults) {
        Map<String, String> hard = new LinkedHashMap<>(map("evictionHard"));
        if (hard.isEmpty()) {
            hard.putAll(defaults.hard());
        } else if (flag("mergeDefaultEvictionSettings", false)) {
            defaults.hard().forEach(hard::putIfAbsent);
        }
        return new NodePolicies.Eviction(
                hard,
                map("evictionSoft"),
                durations("evictionSoftGracePeriod"),
                map("evictionMinimumReclaim"),
                Duration.ofSeconds(number("evictionMaxPodGracePeriod", 0)),
                duration("evictionPressureTransitionPeriod", defaults.transition()));
    }

    private NodePolicies.Manifests manifests(NodePolicies.Manifests defaults) {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        at("staticPodURLHeader").properties().forEach(field -> {
            var values = new ArrayList<String>();
            field.getValue().forEach(value -> values.add(value.asText()));
            headers.put(field.getKey(), List.copyOf(values));
        });
        return new NodePolicies.Manifests(
                text("staticPodURL"),
                headers,
                duration("fileCheckFrequency", defaults.fileInterval()),
                duration("httpCheckFrequency", defaults.urlInterval()),
                etcd());
    }

    private Optional<NodePolicies.EtcdManifest> etcd() {
        List<String> servers = list("staticPodEtcd.servers");
        Optional<String> key = text("staticPodEtcd.key");
        if (servers.isEmpty() != key.isEmpty()) {
            throw new IllegalArgumentException(
                    "--manifest-etcd-servers and --manifest-etcd-key only make sense together");
        }
        for (String server : servers) {
            if (!server.matches("https?://[^/]+/?")) {
                throw new IllegalArgumentException(
                        "--manifest-etcd-servers: \"" + server + "\" is not a URL such as https://127.0.0.1:2379");
            }
        }
        return key.map(name -> new NodePolicies.EtcdManifest(
                servers,
                name,
                text("staticPodEtcd.caFile").map(Path::of),
                text("staticPodEtcd.certFile").map(Path::of),
                text("staticPodEtcd.keyFile").map(Path::of)));
    }
}
