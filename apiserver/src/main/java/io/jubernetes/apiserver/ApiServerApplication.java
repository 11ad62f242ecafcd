package io.jubernetes.apiserver;

/// The service's way in.
public final class ApiServerApplication {
    private ApiServerApplication() {}

    public static void main(String[] args) {
        System.exit(args.length);
    }
}
