package io.jubernetes.controllermanager;

import io.jubernetes.controllermanager.attachdetach.AttachDetachController;
import io.jubernetes.controllermanager.autoscaling.AutoscalerController;
import io.jubernetes.controllermanager.bootstrap.SignerController;
import io.jubernetes.controllermanager.bootstrap.TokenCleanerController;
import io.jubernetes.controllermanager.clusterrole.ClusterRoleAggregationController;
import io.jubernetes.controllermanager.cronjob.CronJobController;
import io.jubernetes.controllermanager.csr.ApprovingController;
import io.jubernetes.controllermanager.csr.CleanerController;
import io.jubernetes.controllermanager.csr.SigningController;
import io.jubernetes.controllermanager.daemonset.DaemonSetController;
import io.jubernetes.controllermanager.deployment.DeploymentController;
import io.jubernetes.controllermanager.disruption.DisruptionController;
import io.jubernetes.controllermanager.endpoints.EndpointsController;
import io.jubernetes.controllermanager.endpointslice.EndpointSliceController;
import io.jubernetes.controllermanager.endpointslicemirroring.MirroringController;
import io.jubernetes.controllermanager.ephemeralvolume.EphemeralVolumeController;
import io.jubernetes.controllermanager.garbagecollector.GarbageCollectorController;
import io.jubernetes.controllermanager.job.JobController;
import io.jubernetes.controllermanager.namespace.NamespaceController;
import io.jubernetes.controllermanager.nodeipam.NodeIpamController;
import io.jubernetes.controllermanager.nodelifecycle.NodeLifecycleController;
import io.jubernetes.controllermanager.podgc.PodGcController;
import io.jubernetes.controllermanager.policystatus.PolicyStatusController;
import io.jubernetes.controllermanager.protection.AttributesClassProtectionController;
import io.jubernetes.controllermanager.protection.ClaimProtectionController;
import io.jubernetes.controllermanager.protection.VolumeProtectionController;
import io.jubernetes.controllermanager.quota.ResourceQuotaController;
import io.jubernetes.controllermanager.replicaset.ReplicaSetController;
import io.jubernetes.controllermanager.replicaset.ReplicationControllerController;
import io.jubernetes.controllermanager.resourceclaim.DeviceTaintController;
import io.jubernetes.controllermanager.resourceclaim.ResourceClaimController;
import io.jubernetes.controllermanager.rootca.RootCaController;
import io.jubernetes.controllermanager.serviceaccount.LegacyTokenCleanerController;
import io.jubernetes.controllermanager.serviceaccount.ServiceAccountController;
import io.jubernetes.controllermanager.serviceaccount.TokenController;
import io.jubernetes.controllermanager.servicecidr.ServiceCidrController;
import io.jubernetes.controllermanager.statefulset.StatefulSetController;
import io.jubernetes.controllermanager.storageversion.StorageVersionController;
import io.jubernetes.controllermanager.tainteviction.TaintEvictionController;
import io.jubernetes.controllermanager.ttl.NodeTtlController;
import io.jubernetes.controllermanager.ttl.TtlAfterFinishedController;
import io.jubernetes.controllermanager.volumebinder.ExpandController;
import io.jubernetes.controllermanager.volumebinder.VolumeBinderController;
import java.util.List;
import java.util.Set;

/// Every controller of the controller manager.
final class ControllerList {
    static final List<ControllerEntry> ALL = List.of(
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
            plain(
                    "horizontal-pod-autoscaler-controller",
                    "horizontalpodautoscaling",
                    "horizontal-pod-autoscaler",
                    AutoscalerController::create),
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
                    "certificatesigningrequest-cleaner-controller",
                    "csrcleaner",
                    "certificate-controller",
                    CleanerController::create),
            off("bootstrap-signer-controller", "bootstrapsigner", "bootstrap-signer", SignerController::create),
            off("token-cleaner-controller", "tokencleaner", "token-cleaner", TokenCleanerController::create),
            plain(
                    "legacy-serviceaccount-token-cleaner-controller",
                    "legacy-service-account-token-cleaner",
                    "legacy-service-account-token-cleaner",
                    LegacyTokenCleanerController::create),
            plain(
                    "ttl-after-finished-controller",
                    "ttl-after-finished",
                    "ttl-after-finished-controller",
                    TtlAfterFinishedController::create),
            plain("ttl-controller", "ttl", "ttl-controller", NodeTtlController::create),
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
                    "volumeattributesclass-protection-controller",
                    "vac-protection",
                    "volumeattributesclass-protection-controller",
                    AttributesClassProtectionController::create),
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
                    "persistentvolume-attach-detach-controller",
                    "attachdetach",
                    "attachdetach-controller",
                    AttachDetachController::create),
            plain(
                    "ephemeral-volume-controller",
                    "ephemeral-volume",
                    "ephemeral-volume-controller",
                    EphemeralVolumeController::create),
            plain(
                    "resourceclaim-controller",
                    "resource-claim-controller",
                    "resource-claim-controller",
                    ResourceClaimController::create),
            plain(
                    "device-taint-eviction-controller",
                    "device-taint-eviction",
                    "device-taint-eviction-controller",
                    DeviceTaintController::create),
            plain(
                    "endpointslice-controller",
                    "endpointslice",
                    "endpointslice-controller",
                    EndpointSliceController::create),
            plain(
                    "endpointslice-mirroring-controller",
                    "endpointslicemirroring",
                    "endpointslicemirroring-controller",
                    MirroringController::create),
            plain("endpoints-controller", "endpoint", "endpoint-controller", EndpointsController::create),
            plain(
                    "service-cidr-controller",
                    "service-cidr-controller",
                    "service-cidrs-controller",
                    ServiceCidrController::create),
            plain("node-lifecycle-controller", "nodelifecycle", "node-controller", NodeLifecycleController::create),
            plain("taint-eviction-controller", "taint-eviction", "node-controller", TaintEvictionController::create),
            optional("node-ipam-controller", "nodeipam", "node-controller", NodeIpamController::create),
            plain("pod-garbage-collector-controller", "podgc", "pod-garbage-collector", PodGcController::create),
            plain(
                    "validatingadmissionpolicy-status-controller",
                    "validatingadmissionpolicy-status",
                    "validatingadmissionpolicy-status-controller",
                    PolicyStatusController::create),
            plain(
                    "storageversion-garbage-collector-controller",
                    "storage-version-gc",
                    "storage-version-garbage-collector",
                    StorageVersionController::create));

    /// Controllers of upstream's that `--controllers` may name too: those of the cloud controller manager, and those of
    /// features that are off by default or only warn.
    static final Set<String> ELSEWHERE = Set.of(
            "service-lb-controller",
            "node-route-controller",
            "cloud-node-lifecycle-controller",
            "storage-version-migrator-controller",
            "selinux-warning-controller",
            "podcertificaterequest-cleaner-controller",
            "kube-apiserver-serving-clustertrustbundle-publisher-controller");

    private ControllerList() {}

    private static ControllerEntry plain(String name, String alias, String account, ControllerEntry.PlainMaker maker) {
        return ControllerEntry.of(name, alias, account, maker);
    }

    private static ControllerEntry optional(String name, String alias, String account, ControllerEntry.Maker maker) {
        return new ControllerEntry(name, alias, account, true, maker);
    }

    /// Not part of `*`: to be named.
    private static ControllerEntry off(String name, String alias, String account, ControllerEntry.PlainMaker maker) {
        return new ControllerEntry(
                name,
                alias,
                account,
                false,
                ControllerEntry.of(name, alias, account, maker).maker());
    }
}
