package io.jubernetes.kubelet;

import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// A driver that registers with the kubelet over its socket in `plugins_registry`.
public final class TestPlugin implements AutoCloseable {
    /// What the kubelet said last: empty for yes.
    public volatile Optional<String> refusal = Optional.empty();

    private final RpcServer registration;
    private final RpcServer service;

    /// @param registry `plugins_registry`
    /// @param type `CSIPlugin` or `DRAPlugin`
    public TestPlugin(Path registry, String type, String name, String version, RpcServer.Service... services)
            throws IOException {
        Path endpoint = registry.resolveSibling("plugins").resolve(name).resolve("driver.sock");
        service = RpcServer.start(endpoint, services);
        Map<String, RpcServer.Handler> methods = new ConcurrentHashMap<>();
        methods.put(
                "GetInfo",
                _ -> new Message()
                        .put(1, type)
                        .put(2, name)
                        .put(3, endpoint.toString())
                        .put(4, version));
        methods.put("NotifyRegistrationStatus", status -> {
            refusal = Optional.of(status.text(2));
            return new Message();
        });
        registration = RpcServer.start(
                registry.resolve(name + "-reg.sock"),
                new RpcServer.Service("pluginregistration.Registration", methods, Map.of()));
    }

    public boolean isRegistered() {
        return refusal.equals(Optional.of(""));
    }

    @Override
    public void close() {
        registration.close();
        service.close();
    }
}
