package io.jubernetes.systemtests.clients;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/// What a client of Kubernetes does on the tour, in one namespace, each in its own way. Manifests are YAML of a
/// ConfigMap or a Pod. Calls that fail otherwise than described throw; each is expected to end within seconds.
interface TourClient extends AutoCloseable {
    /// How a patch is written.
    enum PatchKind {
        STRATEGIC,
        MERGE,
        JSON
    }

    /// Something that goes on until it is closed: a watch, a forwarded port.
    interface Running extends AutoCloseable {
        @Override
        void close() throws IOException;
    }

    /// Changes to ConfigMaps as they come.
    ///
    /// @param events those so far, each as `TYPE name`
    record Watching(Callable<List<String>> events, Running end) implements Running {
        List<String> sofar() throws Exception {
            return events.call();
        }

        @Override
        public void close() throws IOException {
            end.close();
        }
    }

    /// A local port that leads to a pod's.
    record Forwarding(int port, Running end) implements Running {
        @Override
        public void close() throws IOException {
            end.close();
        }
    }

    /// How a command in a container ended; errors may be part of the output.
    record Ended(int code, String output) {}

    void create(String manifest) throws Exception;

    /// The client's plain way to make an object so, new or not: an apply or a replacement.
    void apply(String manifest) throws Exception;

    /// Server-side apply of a ConfigMap.
    ///
    /// @return what a conflict said; empty when it was applied
    Optional<String> applyServerSide(String manifest, String manager, boolean force) throws Exception;

    void patchConfigMap(String name, PatchKind kind, String patch) throws Exception;

    Watching watchConfigMaps() throws Exception;

    String logs(String pod) throws Exception;

    /// Runs a command that reads a text.
    Ended exec(String pod, String input, List<String> command) throws Exception;

    Forwarding forward(String pod, int port) throws Exception;

    void deleteConfigMap(String name) throws Exception;

    void deletePod(String name) throws Exception;

    @Override
    default void close() throws IOException {}
}
