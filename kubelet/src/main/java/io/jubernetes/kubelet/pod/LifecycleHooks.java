package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.ExecResult;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/// Runs what containers want done after their start and before their end. Blocks until it is done.
public final class LifecycleHooks {
    private static final Duration HTTP_LIMIT = Duration.ofSeconds(30);

    private final ContainerRuntime runtime;
    private final HttpHook http;

    /// Sends the requests of http hooks.
    @FunctionalInterface
    public interface HttpHook {
        /// @return the answer's status
        int get(HTTPGetAction action, String host, int port, Deadline deadline) throws IOException;
    }

    public LifecycleHooks(ContainerRuntime runtime, HttpHook http) {
        this.runtime = runtime;
        this.http = http;
    }

    /// @param podIp where http hooks go unless they name a host
    /// @return what went wrong; empty when nothing did
    Optional<String> run(
            LifecycleHandler handler, Container container, String containerId, String podIp, Deadline deadline)
            throws InterruptedException {
        if (handler.getExec() != null) {
            try {
                ExecResult result =
                        runtime.execSync(containerId, handler.getExec().getCommand(), deadline);
                return result.exitCode() == 0
                        ? Optional.empty()
                        : Optional.of(
                                "command '" + String.join(" ", handler.getExec().getCommand()) + "' exited with "
                                        + result.exitCode() + ": " + result.output());
            } catch (RuntimeFailure e) {
                return Optional.of(e.getMessage());
            }
        }
        if (handler.getSleep() != null) {
            Duration wanted = Duration.ofSeconds(handler.getSleep().getSeconds());
            Duration left = deadline.remaining();
            Thread.sleep(wanted.compareTo(left) < 0 ? wanted : left);
            return Optional.empty();
        }
        if (handler.getHttpGet() != null) {
            return get(handler.getHttpGet(), container, podIp, deadline);
        }
        // The API has TCP handlers for old manifests' sake; nothing has ever run them.
        return Optional.of("invalid handler: no exec, httpGet or sleep");
    }

    private Optional<String> get(HTTPGetAction action, Container container, String podIp, Deadline deadline) {
        Optional<Integer> port = port(action.getPort(), container);
        if (port.isEmpty()) {
            return Optional.of("the container has no port " + action.getPort().getValue());
        }
        String host = action.getHost() == null || action.getHost().isEmpty() ? podIp : action.getHost();
        try {
            // Any answer will do: only a hook that nobody answers has failed.
            var _ = http.get(action, host, port.get(), deadline.atMost(HTTP_LIMIT));
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /// A port by number or by its name in the container.
    public static Optional<Integer> port(IntOrString port, Container container) {
        if (port.getIntVal() != null) {
            return Optional.of(port.getIntVal());
        }
        String name = port.getStrVal();
        return container.getPorts().stream()
                .filter(candidate ->
                        candidate.getName() != null && candidate.getName().equals(name))
                .map(io.fabric8.kubernetes.api.model.ContainerPort::getContainerPort)
                .findFirst()
                .or(() -> {
                    try {
                        return Optional.of(Integer.parseInt(name));
                    } catch (NumberFormatException e) {
                        return Optional.empty();
                    }
                });
    }
}
