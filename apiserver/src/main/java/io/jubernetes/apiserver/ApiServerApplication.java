package io.jubernetes.apiserver;

import io.jubernetes.common.component.ComponentLauncher;

/// The API server as a program of its own.
public final class ApiServerApplication {
    private ApiServerApplication() {}

    public static void main(String[] args) {
        System.exit(ComponentLauncher.run(new ApiServerCommand(), args));
    }
}
