package io.jubernetes.serviceproxy;

import io.jubernetes.common.component.ComponentLauncher;

/// Runs the service proxy as a service of its own.
public final class ServiceProxyApplication {
    private ServiceProxyApplication() {}

    static void main(String[] args) {
        System.exit(ComponentLauncher.run(new ServiceProxyCommand(), args));
    }
}
