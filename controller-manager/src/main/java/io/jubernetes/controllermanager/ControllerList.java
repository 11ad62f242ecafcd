package io.jubernetes.controllermanager;

import io.jubernetes.controllermanager.clusterrole.ClusterRoleAggregationController;
import io.jubernetes.controllermanager.cronjob.CronJobController;
import io.jubernetes.controllermanager.csr.ApprovingController;
import io.jubernetes.controllermanager.csr.SigningController;
import io.jubernetes.controllermanager.daemonset.DaemonSetController;
import io.jubernetes.controllermanager.deployment.DeploymentController;
import io.jubernetes.controllermanager.disruption.DisruptionController;
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
import io.jubernetes.controllermanager.quota.ResourceQuotaController;
import io.jubernetes.controllermanager.replicaset.ReplicaSetController;
import io.jubernetes.controllermanager.replicaset.ReplicationControllerController;
import io.jubernetes.controllermanager.rootca.RootCaController;
import io.jubernetes.controllermanager.serviceaccount.ServiceAccountController;
import io.jubernetes.controllermanager.serviceaccount.TokenController;
import io.jubernetes.controllermanager.statefulset.StatefulSetController;
import io.jubernetes.controllermanager.tainteviction.TaintEvictionController;
import io.jubernetes.controllermanager.ttl.TtlAfterFinishedController;
import io.jubernetes.controllermanager.volumebinder.ExpandController;
import io.jubernetes.controllermanager.volumebinder.VolumeBinderController;
import java.util.List;
import java.util.Optional;

/// Every controller: its name as in `--controllers`, an older name that is taken too, the service account it
/// may act as (empty for the manager itself), whether it is on by default, and how it is made.
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

    record Entry(String name, String alias, String account, boolean onByDefault, Maker maker) {
        boolean isEnabled(ControllerSettings settings) {
            return settings.isEnabled(name, List.of(alias), onByDefault);
        }
    }

    static final List<Entry> ALL = List.of(
            optional("serviceaccount-token-controller", "serviceaccount-token", "", TokenController::create),
            plain("namespace-controller", "namespace", "namespace-controller", NamespaceController::create),
            plain(
                    "serviceaccount-controller",
                    "serviceaccount",
                    "service-account-controller",
                    ServiceAccountController::create),
            plain(
                    "root-ca-certificate-publisher-controller",
                    "root-ca-cert-publisher",
                    "root-ca-cert-publisher",
                    RootCaController::create),
            plain(
                    "garbage-collector-controller",
                    "garbagecollector",
                    "generic-garbage-collector",
                    GarbageCollectorController::create),
            plain("replicaset-controller", "replicaset", "replicaset-controller", ReplicaSetController::create),
            plain(
                    "replicationcontroller-controller",
                    "replicationcontroller",
                    "replication-controller",
                    ReplicationControllerController::create),
            plain("deployment-controller", "deployment", "deployment-controller", DeploymentController::create),
            plain("daemonset-controller", "daemonset", "daemon-set-controller", DaemonSetController::create),
            plain("statefulset-controller", "statefulset", "statefulset-controller", StatefulSetController::create),
            plain("cronjob-controller", "cronjob", "cronjob-controller", CronJobController::create),
            plain("job-controller", "job", "job-controller", JobController::create),
            plain("disruption-controller", "disruption", "disruption-controller", DisruptionController::create),
            plain(
                    "resourcequota-controller",
                    "resourcequota",
                    "resourcequota-controller",
                    ResourceQuotaController::create),
            optional(
                    "certificatesigningrequest-signing-controller",
                    "csrsigning",
                    "certificate-controller",
                    SigningController::create),
            plain(
                    "certificatesigningrequest-approving-controller",
                    "csrapproving",
                    "certificate-controller",
                    ApprovingController::create),
            plain(
                    "ttl-after-finished-controller",
                    "ttl-after-finished",
                    "ttl-after-finished-controller",
                    TtlAfterFinishedController::create),
            plain(
                    "clusterrole-aggregation-controller",
                    "clusterrole-aggregation",
                    "clusterrole-aggregation-controller",
                    ClusterRoleAggregationController::create),
            plain(
                    "persistentvolumeclaim-protection-controller",
                    "pvc-protection",
                    "pvc-protection-controller",
                    ClaimProtectionController::create),
            plain(
                    "persistentvolume-protection-controller",
                    "pv-protection",
                    "pv-protection-controller",
                    VolumeProtectionController::create),
            plain(
                    "persistentvolume-binder-controller",
                    "persistentvolume-binder",
                    "persistent-volume-binder",
                    VolumeBinderController::create),
            plain(
                    "persistentvolume-expander-controller",
                    "persistentvolume-expander",
                    "expand-controller",
                    ExpandController::create),
            plain(
                    "endpointslice-controller",
                    "endpointslice",
                    "endpointslice-controller",
                    EndpointSliceController::create),
            plain("endpoints-controller", "endpoint", "endpoint-controller", EndpointsController::create),
            plain("node-lifecycle-controller", "nodelifecycle", "node-controller", NodeLifecycleController::create),
            plain("taint-eviction-controller", "taint-eviction", "node-controller", TaintEvictionController::create),
            optional("node-ipam-controller", "nodeipam", "node-controller", NodeIpamController::create),
            plain("pod-garbage-collector-controller", "podgc", "pod-garbage-collector", PodGcController::create));

    private ControllerList() {}

    private static Entry plain(String name, String alias, String account, PlainMaker maker) {
        return new Entry(name, alias, account, true, (n, context) -> Optional.of(maker.make(n, context)));
    }

    private static Entry optional(String name, String alias, String account, Maker maker) {
        return new Entry(name, alias, account, true, maker);
    }
}
