package io.jubernetes.kubelet.probe;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Probe;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.pod.LifecycleHooks;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcChannel;
import io.jubernetes.kubelet.rpc.RpcFailure;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.ExecResult;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Makes single probes. Blocks for at most the probe's timeout.
final class ProbeRunner {
    private static final int SERVING = 1;
    private static final List<String> SERVING_NAMES = List.of("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN");
    private static final String USER_AGENT = "kube-probe/1.36";

    private final ContainerRuntime runtime;
    private final HttpProbe http;

    ProbeRunner(ContainerRuntime runtime, HttpProbe http) {
        this.runtime = runtime;
        this.http = http;
    }

    /// @param address where the pod answers
    Outcome run(Probe probe, Container container, String containerId, String address) {
        Integer seconds = probe.getTimeoutSeconds();
        Duration limit = Duration.ofSeconds(seconds == null || seconds < 1 ? 1 : seconds);
        Deadline deadline = Deadline.in(limit);
        if (probe.getExec() != null) {
            return exec(probe, containerId, deadline, limit);
        }
        if (probe.getHttpGet() != null) {
            return get(probe, container, address, deadline);
        }
        if (probe.getTcpSocket() != null) {
            return connect(probe, container, address, deadline);
        }
        if (probe.getGrpc() != null) {
            return check(probe, address, deadline, limit);
        }
        return Outcome.error("missing probe handler");
    }

    private Outcome exec(Probe probe, String containerId, Deadline deadline, Duration limit) {
        try {
            ExecResult result = runtime.execSync(containerId, probe.getExec().getCommand(), deadline);
            return result.exitCode() == 0 ? Outcome.success(result.output()) : Outcome.failure(result.output());
        } catch (RuntimeFailure.TimedOut e) {
            return Outcome.failure("command timed out: \""
                    + String.join(" ", probe.getExec().getCommand()) + "\" timed out after " + limit.toSeconds() + "s");
        } catch (RuntimeFailure.Refused e) {
            // The command does not exist in the container.
            return Outcome.failure(e.getMessage());
        } catch (RuntimeFailure e) {
            return Outcome.error(e.getMessage());
        }
    }

    private Outcome get(Probe probe, Container container, String address, Deadline deadline) {
        var action = probe.getHttpGet();
        Optional<Integer> port = LifecycleHooks.port(action.getPort(), container);
        if (port.isEmpty()) {
            return Outcome.error("couldn't find port: " + action.getPort().getValue());
        }
        String host = action.getHost() == null || action.getHost().isEmpty() ? address : action.getHost();
        try {
            HttpProbe.Answer answer = http.get(
                    action.getScheme() == null ? "http" : action.getScheme(),
                    host,
                    port.get(),
                    action.getPath() == null ? "/" : action.getPath(),
                    action.getHttpHeaders(),
                    USER_AGENT,
                    deadline);
            return answer.status() >= 200 && answer.status() < 400
                    ? Outcome.success(answer.body())
                    : Outcome.failure("HTTP probe failed with statuscode: " + answer.status());
        } catch (IOException e) {
            return Outcome.failure(String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException e) {
            return Outcome.error(String.valueOf(e.getMessage()));
        }
    }

    /// Asks the container's health service, by the protocol that gRPC has for it.
    private static Outcome check(Probe probe, String address, Deadline deadline, Duration limit) {
        String service =
                probe.getGrpc().getService() == null ? "" : probe.getGrpc().getService();
        try (RpcChannel channel = RpcChannel.tcp(address, probe.getGrpc().getPort(), USER_AGENT)) {
            long status = channel.call("grpc.health.v1.Health/Check", new Message().put(1, service), deadline)
                    .number(1);
            return status == SERVING
                    ? Outcome.success("service healthy")
                    : Outcome.failure("service unhealthy (responded with \""
                            + (status < SERVING_NAMES.size() ? SERVING_NAMES.get((int) status) : status) + "\")");
        } catch (RpcFailure e) {
            return Outcome.failure(
                    switch (e.code()) {
                        case "UNIMPLEMENTED" ->
                            "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "
                                    + e.getMessage();
                        case "DEADLINE_EXCEEDED" ->
                            "timeout: health rpc did not complete within " + limit.toSeconds() + "s";
                        case "UNAVAILABLE" ->
                            "error: failed to connect service \"" + address + ":"
                                    + probe.getGrpc().getPort() + "\": " + e.getMessage();
                        default -> "error: health rpc probe failed: " + e.getMessage();
                    });
        } catch (IOException e) {
            return Outcome.failure("error: health rpc probe failed: " + e.getMessage());
        }
    }

    private static Outcome connect(Probe probe, Container container, String address, Deadline deadline) {
        var action = probe.getTcpSocket();
        Optional<Integer> port = LifecycleHooks.port(action.getPort(), container);
        if (port.isEmpty()) {
            return Outcome.error("couldn't find port: " + action.getPort().getValue());
        }
        String host = action.getHost() == null || action.getHost().isEmpty() ? address : action.getHost();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port.get()), (int)
                    Math.max(1, deadline.remaining().toMillis()));
            return Outcome.success("");
        } catch (java.net.SocketTimeoutException e) {
            return Outcome.failure("dial tcp " + host + ":" + port.get() + ": i/o timeout");
        } catch (IOException e) {
            return Outcome.failure("dial tcp " + host + ":" + port.get() + ": connect: "
                    + String.valueOf(e.getMessage()).toLowerCase(java.util.Locale.ROOT));
        }
    }
}
