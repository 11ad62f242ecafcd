package io.jubernetes.kubelet;

/// The service's way in.
public final class KubeletApplication {
    private KubeletApplication() {}

    public static void main(String[] args) {
        System.exit(args.length);
    }
}
