package io.jubernetes.controllermanager;

import java.util.Map;
import picocli.CommandLine.Option;

/// How many objects a controller works on at a time: upstream's `--concurrent-…-syncs`, with its defaults.
final class ConcurrencyOptions {
    @Option(
            names = "--concurrent-deployment-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int deployments = 5;

    @Option(
            names = "--concurrent-replicaset-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int replicaSets = 5;

    @Option(
            names = "--concurrent-service-endpoint-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int slices = 5;

    @Option(
            names = "--concurrent-endpoint-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int endpoints = 5;

    @Option(names = "--concurrent-gc-syncs", paramLabel = "N", defaultValue = "20", description = "(${DEFAULT-VALUE})")
    private int garbage = 20;

    @Option(
            names = "--concurrent-namespace-syncs",
            paramLabel = "N",
            defaultValue = "10",
            description = "(${DEFAULT-VALUE})")
    private int namespaces = 10;

    @Option(
            names = "--concurrent-serviceaccount-token-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int tokens = 5;

    Map<String, Integer> byController() {
        return Map.of(
                "deployment-controller", deployments,
                "replicaset-controller", replicaSets,
                "endpointslice-controller", slices,
                "endpoints-controller", endpoints,
                "garbage-collector-controller", garbage,
                "namespace-controller", namespaces,
                "serviceaccount-token-controller", tokens,
                "taint-eviction-controller", 8);
    }
}
