package io.jubernetes.controllermanager;

import io.jubernetes.common.component.ComponentLauncher;

/// Runs the controller manager as a service of its own.
public final class ControllerManagerApplication {
    private ControllerManagerApplication() {}

    static void main(String[] args) {
        System.exit(ComponentLauncher.run(new ControllerManagerCommand(), args));
    }
}
