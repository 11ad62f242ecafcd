package io.jubernetes.serviceproxy;

/// The service's way in.
public final class ServiceProxyApplication {
    private ServiceProxyApplication() {}

    public static void main(String[] args) {
        System.exit(args.length);
    }
}
