package io.jubernetes.hyperkube;

/// The launcher for every component and for the commands of `./jube`.
public final class Hyperkube {
    private Hyperkube() {}

    public static void main(String[] args) {
        System.exit(args.length);
    }
}
