package io.jubernetes.kubelet.plugin;

import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcChannel;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the sockets that plugins put into a directory, asks each who it is, and tells the handler of its kind. A
/// plugin that cannot be used is asked again, less and less often.
public final class PluginWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PluginWatcher.class);
    private static final String SERVICE = "pluginregistration.Registration/";
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final Path directory;
    private final Map<String, PluginHandler> handlers = new HashMap<>();
    private final Thread thread = Thread.ofVirtual().name("plugin-watcher").unstarted(this::run);
    /// What was made of each socket. Only the thread's.
    private final Map<Path, Known> known = new HashMap<>();

    /// @param identity tells a socket from its successor of the same name
    private record Known(Object identity, PluginHandler handler, PluginInfo plugin) {}

    /// @param directory `plugins_registry` below the kubelet's root directory
    public PluginWatcher(Path directory, List<PluginHandler> handlers) {
        this.directory = directory;
        handlers.forEach(handler -> this.handlers.put(handler.type(), handler));
    }

    public void start() {
        thread.start();
    }

    private void run() {
        Duration retry = FIRST_RETRY;
        try (WatchService watch = FileSystems.getDefault().newWatchService()) {
            while (true) {
                boolean complete = false;
                try {
                    complete = look(watch);
                } catch (IOException e) {
                    LOG.warn("cannot look for plugins in {}: {}", directory, e.toString());
                }
                retry = complete || retry.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : retry;
                long pause = retry.toMillis() / 2 + ThreadLocalRandom.current().nextLong(retry.toMillis() / 2 + 1);
                WatchKey key = watch.poll(pause, TimeUnit.MILLISECONDS);
                if (key == null) {
                    retry = retry.multipliedBy(2);
                } else {
                    key.pollEvents();
                    key.reset();
                    retry = FIRST_RETRY;
                }
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            // Closed.
        } catch (IOException e) {
            LOG.warn("plugins cannot register: {}", e.toString());
        }
    }

    /// @return whether every socket is either registered or not ours
    private boolean look(WatchService watch) throws IOException, InterruptedException {
        Map<Path, Object> sockets = sockets(watch);
        for (Path socket : List.copyOf(known.keySet())) {
            Known plugin = Objects.requireNonNull(known.get(socket));
            if (!plugin.identity().equals(sockets.get(socket))) {
                known.remove(socket);
                LOG.info(
                        "{} {} is gone",
                        plugin.handler().type(),
                        plugin.plugin().name());
                plugin.handler().unregister(plugin.plugin());
            }
        }
        boolean complete = true;
        for (var socket : sockets.entrySet()) {
            if (!known.containsKey(socket.getKey())) {
                complete &= introduce(socket.getKey(), socket.getValue());
            }
        }
        return complete;
    }

    /// All sockets at or below the directory; hidden ones do not count. Directories are watched from now on.
    private Map<Path, Object> sockets(WatchService watch) throws IOException {
        Files.createDirectories(directory);
        Map<Path, Object> sockets = new HashMap<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                BasicFileAttributes attributes;
                try {
                    attributes = Files.readAttributes(path, BasicFileAttributes.class);
                } catch (NoSuchFileException e) {
                    continue;
                }
                if (attributes.isDirectory()) {
                    var _ = path.register(
                            watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
                } else if (attributes.isOther()
                        && !path.getFileName().toString().startsWith(".")) {
                    sockets.put(path, attributes.fileKey() + " " + attributes.lastModifiedTime());
                }
            }
        }
        return sockets;
    }

    /// Asks who is behind a socket.
    ///
    /// @return whether there is no need to ask again
    private boolean introduce(Path socket, Object identity) throws InterruptedException {
        try (RpcChannel channel = RpcChannel.unix(socket)) {
            Message info = channel.call(SERVICE + "GetInfo", new Message(), Deadline.in(ANSWER));
            PluginHandler handler = handlers.get(info.text(1));
            String refusal = "";
            if (handler == null) {
                refusal = "no handler registered for plugin type: " + info.text(1) + " at socket " + socket;
            } else {
                String endpoint = info.text(3).isEmpty() ? socket.toString() : info.text(3);
                var plugin = new PluginInfo(info.text(2), Path.of(endpoint), info.texts(4));
                try {
                    handler.register(plugin);
                    known.put(socket, new Known(identity, handler, plugin));
                    LOG.info("{} {} registered, serves at {}", handler.type(), plugin.name(), endpoint);
                } catch (IOException e) {
                    refusal = String.valueOf(e.getMessage());
                }
            }
            var answer = new Message().put(1, refusal.isEmpty()).put(2, refusal);
            var _ = channel.call(SERVICE + "NotifyRegistrationStatus", answer, Deadline.in(ANSWER));
            if (!refusal.isEmpty()) {
                LOG.warn("the plugin at {} cannot be used: {}", socket, refusal);
            }
            return refusal.isEmpty();
        } catch (IOException e) {
            LOG.info("no answer from the plugin at {}: {}", socket, e.getMessage());
            return known.containsKey(socket);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
