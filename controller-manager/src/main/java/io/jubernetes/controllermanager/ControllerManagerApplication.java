package io.jubernetes.controllermanager;

/// The service's way in.
public final class ControllerManagerApplication {
    private ControllerManagerApplication() {}

    public static void main(String[] args) {
        System.exit(args.length);
    }
}
