package io.jubernetes.kubelet.server;

import io.jubernetes.kubelet.PodEngine;
import io.jubernetes.kubelet.network.NetworkNamespace;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import org.springframework.http.HttpStatus;

/// Connects to the ports of one pod as its own processes would: on its loopback interface.
final class PodPorts {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final ContainerInfo sandbox;
    private final String podName;
    private final String uid;

    private PodPorts(ContainerInfo sandbox, String podName, String uid) {
        this.sandbox = sandbox;
        this.podName = podName;
        this.uid = uid;
    }

    /// @param uid the pod's when the path names it
    static PodPorts of(PodEngine engine, String namespace, String name, Optional<String> uid) throws Target.Missing {
        var pod = engine.workers()
                .find(namespace, name)
                .filter(found ->
                        uid.isEmpty() || uid.get().equals(found.getMetadata().getUid()))
                .orElseThrow(() -> new Target.Missing(HttpStatus.NOT_FOUND, "pod does not exist"));
        String podUid = pod.getMetadata().getUid();
        ContainerInfo sandbox = engine.states()
                .get(podUid)
                .sandbox()
                .orElseThrow(() -> new Target.Missing(
                        HttpStatus.INTERNAL_SERVER_ERROR, "no running sandbox found for pod " + name));
        return new PodPorts(sandbox, name, podUid);
    }

    SocketChannel connect(int port) throws IOException {
        if (sandbox.hostNetwork()) {
            return SocketChannel.open(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
        }
        return NetworkNamespace.connectToLoopback(sandbox.pid(), port, LIMIT);
    }

    /// What the client is told about a connection that failed.
    String failure(int port, Exception why) {
        return "error forwarding port " + port + " to pod " + podName + ", uid " + uid + ": " + why.getMessage();
    }
}
