package io.jubernetes.controllermanager;

import io.jubernetes.controllermanager.clusterrole.ClusterRoleAggregationController;
import io.jubernetes.controllermanager.cronjob.CronJobController;
import io.jubernetes.controllermanager.csr.ApprovingController;
import io.jubernetes.controllermanager.csr.SigningController;
import io.jubernetes.controllermanager.daemonset.DaemonSetController;
import io.jubernetes.controllermanager.deployment.DeploymentController;
import io.jubernetes.controllermanager.endpoints.EndpointsController;
import io.jubernetes.controllermanager.endpointslice.EndpointSliceController;
import io.jubernetes.controllermanager.garbagecollector.GarbageCollectorController;
import io.jubernetes.controllermanager.job.JobController;
import io.jubernetes.controllermanager.namespace.NamespaceController;
import io.jubernetes.controllermanager.nodeipam.NodeIpamController;
import io.jubernetes.controllermanager.nodelifecycle.NodeLifecycleController;
import io.jubernetes.controllermanager.podgc.PodGcController;
import io.jubernetes.controllermanager.protection.ClaimProtectionController;
import io.jubernetes.controllermanager.protection.VolumeProtectionController;
import io.jubernetes.controllermanager.replicaset.ReplicaSetController;
import io.jubernetes.controllermanager.replicaset.ReplicationControllerController;
import io.jubernetes.controllermanager.rootca.RootCaController;
import io.jubernetes.controllermanager.serviceaccount.ServiceAccountController;
import io.jubernetes.controllermanager.serviceaccount.TokenController;
import io.jubernetes.controllermanager.statefulset.StatefulSetController;
import io.jubernetes.controllermanager.tainteviction.TaintEvictionController;
import io.jubernetes.controllermanager.ttl.TtlAfterFinishedController;
import java.util.List;
import java.util.Optional;

/// Every controller: its name as in `--controllers`, an older name that is taken too, whether it is on by default,
/// and how it is made.
final class ControllerList {
    /// Makes a controller; empty when the settings leave it nothing to do.
    @FunctionalInterface
    interface Maker {
        Optional<Controller> make(String name, ControllerContext context);
    }

    /// Makes a controller that always has something to do.
    @FunctionalInterface
    private interface PlainMaker {
        Controller make(String name, ControllerContext context);
    }

    record Entry(String name, String alias, boolean onByDefault, Maker maker) {
        boolean isEnabled(ControllerSettings settings) {
            return settings.isEnabled(name, List.of(alias), onByDefault);
        }
    }

    static final List<Entry> ALL = List.of(
            optional("serviceaccount-token-controller", "serviceaccount-token", TokenController::create),
            plain("namespace-controller", "namespace", NamespaceController::create),
            plain("serviceaccount-controller", "serviceaccount", ServiceAccountController::create),
            plain("root-ca-certificate-publisher-controller", "root-ca-cert-publisher", RootCaController::create),
            plain("garbage-collector-controller", "garbagecollector", GarbageCollectorController::create),
            plain("replicaset-controller", "replicaset", ReplicaSetController::create),
            plain("replicationcontroller-controller", "replicationcontroller", ReplicationControllerController::create),
            plain("deployment-controller", "deployment", DeploymentController::create),
            plain("daemonset-controller", "daemonset", DaemonSetController::create),
            plain("statefulset-controller", "statefulset", StatefulSetController::create),
            plain("cronjob-controller", "cronjob", CronJobController::create),
            plain("job-controller", "job", JobController::create),
            optional("certificatesigningrequest-signing-controller", "csrsigning", SigningController::create),
            plain("certificatesigningrequest-approving-controller", "csrapproving", ApprovingController::create),
            plain("ttl-after-finished-controller", "ttl-after-finished", TtlAfterFinishedController::create),
            plain(
                    "clusterrole-aggregation-controller",
                    "clusterrole-aggregation",
                    ClusterRoleAggregationController::create),
            plain("persistentvolumeclaim-protection-controller", "pvc-protection", ClaimProtectionController::create),
            plain("persistentvolume-protection-controller", "pv-protection", VolumeProtectionController::create),
            plain("endpointslice-controller", "endpointslice", EndpointSliceController::create),
            plain("endpoints-controller", "endpoint", EndpointsController::create),
            plain("node-lifecycle-controller", "nodelifecycle", NodeLifecycleController::create),
            plain("taint-eviction-controller", "taint-eviction", TaintEvictionController::create),
            optional("node-ipam-controller", "nodeipam", NodeIpamController::create),
            plain("pod-garbage-collector-controller", "podgc", PodGcController::create));

    private ControllerList() {}

    private static Entry plain(String name, String alias, PlainMaker maker) {
        return new Entry(name, alias, true, (n, context) -> Optional.of(maker.make(n, context)));
    }

    private static Entry optional(String name, String alias, Maker maker) {
        return new Entry(name, alias, true, maker);
    }
}
