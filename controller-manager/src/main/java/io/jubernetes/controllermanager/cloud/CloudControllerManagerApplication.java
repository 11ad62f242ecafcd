package io.jubernetes.controllermanager.cloud;

import io.jubernetes.common.component.ComponentLauncher;

/// Runs the cloud controller manager as a service of its own.
public final class CloudControllerManagerApplication {
    private CloudControllerManagerApplication() {}

    static void main(String[] args) {
        System.exit(ComponentLauncher.run(new CloudControllerManagerCommand(), args));
    }
}
