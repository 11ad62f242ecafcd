package io.jubernetes.controllermanager;

import java.util.HashMap;
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

    @Option(names = "--concurrent-rc-syncs", paramLabel = "N", defaultValue = "5", description = "(${DEFAULT-VALUE})")
    private int replicationControllers = 5;

    @Option(
            names = "--concurrent-statefulset-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int statefulSets = 5;

    @Option(
            names = "--concurrent-daemonset-syncs",
            paramLabel = "N",
            defaultValue = "2",
            description = "(${DEFAULT-VALUE})")
    private int daemonSets = 2;

    @Option(names = "--concurrent-job-syncs", paramLabel = "N", defaultValue = "5", description = "(${DEFAULT-VALUE})")
    private int jobs = 5;

    @Option(
            names = "--concurrent-cron-job-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int cronJobs = 5;

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

    @Option(
            names = "--concurrent-resource-quota-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int quotas = 5;

    @Option(
            names = "--concurrent-horizontal-pod-autoscaler-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int autoscalers = 5;

    @Option(
            names = "--concurrent-ttl-after-finished-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int finishedJobs = 5;

    @Option(
            names = "--concurrent-ephemeralvolume-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int ephemeralVolumes = 5;

    @Option(
            names = "--concurrent-resource-claim-syncs",
            paramLabel = "N",
            defaultValue = "10",
            description = "(${DEFAULT-VALUE})")
    private int resourceClaims = 10;

    @Option(
            names = "--concurrent-device-taint-eviction-syncs",
            paramLabel = "N",
            defaultValue = "10",
            description = "(${DEFAULT-VALUE})")
    private int deviceTaints = 10;

    @Option(
            names = "--concurrent-validating-admission-policy-status-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int policies = 5;

    @Option(
            names = "--mirroring-concurrent-service-endpoint-syncs",
            paramLabel = "N",
            defaultValue = "5",
            description = "(${DEFAULT-VALUE})")
    private int mirrors = 5;

    Map<String, Integer> byController() {
        var all = new HashMap<String, Integer>();
        all.put("deployment-controller", deployments);
        all.put("replicaset-controller", replicaSets);
        all.put("replicationcontroller-controller", replicationControllers);
        all.put("statefulset-controller", statefulSets);
        all.put("daemonset-controller", daemonSets);
        all.put("job-controller", jobs);
        all.put("cronjob-controller", cronJobs);
        all.put("endpointslice-controller", slices);
        all.put("endpoints-controller", endpoints);
        all.put("garbage-collector-controller", garbage);
        all.put("namespace-controller", namespaces);
        all.put("serviceaccount-token-controller", tokens);
        all.put("resourcequota-controller", quotas);
        all.put("horizontal-pod-autoscaler-controller", autoscalers);
        all.put("ttl-after-finished-controller", finishedJobs);
        all.put("ephemeral-volume-controller", ephemeralVolumes);
        all.put("resourceclaim-controller", resourceClaims);
        all.put("device-taint-eviction-controller", deviceTaints);
        all.put("validatingadmissionpolicy-status-controller", policies);
        all.put("endpointslice-mirroring-controller", mirrors);
        all.put("taint-eviction-controller", 8);
        return all;
    }
}
