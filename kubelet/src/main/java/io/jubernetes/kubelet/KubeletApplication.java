package io.jubernetes.kubelet;

import io.jubernetes.common.component.ComponentLauncher;

/// The service's way in.
public final class KubeletApplication {
    private KubeletApplication() {}

    public static void main(String[] args) {
        System.exit(ComponentLauncher.run(new KubeletCommand(), args));
    }
}
