package io.jubernetes.apiserver.registry;

import io.jubernetes.apiserver.customresource.CrdStrategy;
import io.jubernetes.apiserver.registry.admissionregistration.MutatingPolicyStrategy;
import io.jubernetes.apiserver.registry.admissionregistration.PolicyBindingStrategy;
import io.jubernetes.apiserver.registry.admissionregistration.ValidatingPolicyStrategy;
import io.jubernetes.apiserver.registry.admissionregistration.WebhookConfigurationStrategy;
import io.jubernetes.apiserver.registry.apiregistration.ApiServiceStrategy;
import io.jubernetes.apiserver.registry.apps.ControllerRevisionStrategy;
import io.jubernetes.apiserver.registry.apps.DaemonSetStrategy;
import io.jubernetes.apiserver.registry.apps.DeploymentStrategy;
import io.jubernetes.apiserver.registry.apps.ReplicaSetStrategy;
import io.jubernetes.apiserver.registry.apps.StatefulSetStrategy;
import io.jubernetes.apiserver.registry.autoscaling.HorizontalPodAutoscalerStrategy;
import io.jubernetes.apiserver.registry.batch.CronJobStrategy;
import io.jubernetes.apiserver.registry.batch.JobStrategy;
import io.jubernetes.apiserver.registry.certificates.CertificateSigningRequestStrategy;
import io.jubernetes.apiserver.registry.coordination.LeaseStrategy;
import io.jubernetes.apiserver.registry.core.ComponentStatusStrategy;
import io.jubernetes.apiserver.registry.core.ConfigMapStrategy;
import io.jubernetes.apiserver.registry.core.EndpointsStrategy;
import io.jubernetes.apiserver.registry.core.LimitRangeStrategy;
import io.jubernetes.apiserver.registry.core.NamespaceStrategy;
import io.jubernetes.apiserver.registry.core.NodeStrategy;
import io.jubernetes.apiserver.registry.core.PersistentVolumeClaimStrategy;
import io.jubernetes.apiserver.registry.core.PersistentVolumeStrategy;
import io.jubernetes.apiserver.registry.core.PodStrategy;
import io.jubernetes.apiserver.registry.core.PodTemplateStrategy;
import io.jubernetes.apiserver.registry.core.ReplicationControllerStrategy;
import io.jubernetes.apiserver.registry.core.ResourceQuotaStrategy;
import io.jubernetes.apiserver.registry.core.SecretStrategy;
import io.jubernetes.apiserver.registry.core.ServiceAccountStrategy;
import io.jubernetes.apiserver.registry.core.ServiceStrategy;
import io.jubernetes.apiserver.registry.discovery.EndpointSliceStrategy;
import io.jubernetes.apiserver.registry.events.EventStrategy;
import io.jubernetes.apiserver.registry.flowcontrol.FlowSchemaStrategy;
import io.jubernetes.apiserver.registry.flowcontrol.PriorityLevelStrategy;
import io.jubernetes.apiserver.registry.networking.IngressClassStrategy;
import io.jubernetes.apiserver.registry.networking.IngressStrategy;
import io.jubernetes.apiserver.registry.networking.IpAddressStrategy;
import io.jubernetes.apiserver.registry.networking.NetworkPolicyStrategy;
import io.jubernetes.apiserver.registry.networking.ServiceCidrStrategy;
import io.jubernetes.apiserver.registry.node.RuntimeClassStrategy;
import io.jubernetes.apiserver.registry.policy.PodDisruptionBudgetStrategy;
import io.jubernetes.apiserver.registry.rbac.RoleBindingStrategy;
import io.jubernetes.apiserver.registry.rbac.RoleStrategy;
import io.jubernetes.apiserver.registry.resource.DeviceClassStrategy;
import io.jubernetes.apiserver.registry.resource.ResourceClaimStrategy;
import io.jubernetes.apiserver.registry.resource.ResourceClaimTemplateStrategy;
import io.jubernetes.apiserver.registry.resource.ResourceSliceStrategy;
import io.jubernetes.apiserver.registry.scheduling.PriorityClassStrategy;
import io.jubernetes.apiserver.registry.storage.CsiDriverStrategy;
import io.jubernetes.apiserver.registry.storage.CsiNodeStrategy;
import io.jubernetes.apiserver.registry.storage.CsiStorageCapacityStrategy;
import io.jubernetes.apiserver.registry.storage.StorageClassStrategy;
import io.jubernetes.apiserver.registry.storage.VolumeAttachmentStrategy;
import io.jubernetes.apiserver.registry.storage.VolumeAttributesClassStrategy;
import io.jubernetes.apiserver.resource.Strategy;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/// The strategy of every built-in kind that has rules of its own.
public final class Strategies {
    private static final Clock CLOCK = Clock.systemUTC();
    private static final Map<String, Strategy> BY_KIND = new LinkedHashMap<>();

    static {
        BY_KIND.put("v1/Namespace", new NamespaceStrategy());
        BY_KIND.put("v1/Node", new NodeStrategy());
        BY_KIND.put("v1/Pod", new PodStrategy());
        BY_KIND.put("v1/ComponentStatus", new ComponentStatusStrategy());
        BY_KIND.put("v1/ConfigMap", new ConfigMapStrategy());
        BY_KIND.put("v1/LimitRange", new LimitRangeStrategy());
        BY_KIND.put("v1/ResourceQuota", new ResourceQuotaStrategy());
        BY_KIND.put("v1/ServiceAccount", new ServiceAccountStrategy());
        BY_KIND.put("v1/PodTemplate", new PodTemplateStrategy());
        BY_KIND.put("v1/ReplicationController", new ReplicationControllerStrategy());
        BY_KIND.put("apps/v1/ControllerRevision", new ControllerRevisionStrategy());
        BY_KIND.put("v1/Secret", new SecretStrategy());
        BY_KIND.put("v1/Service", new ServiceStrategy());
        BY_KIND.put("apps/v1/DaemonSet", new DaemonSetStrategy());
        BY_KIND.put("apps/v1/Deployment", new DeploymentStrategy());
        BY_KIND.put("apps/v1/ReplicaSet", new ReplicaSetStrategy());
        BY_KIND.put("apps/v1/StatefulSet", new StatefulSetStrategy());
        BY_KIND.put("batch/v1/Job", new JobStrategy());
        BY_KIND.put("batch/v1/CronJob", new CronJobStrategy());
        BY_KIND.put("autoscaling/v2/HorizontalPodAutoscaler", new HorizontalPodAutoscalerStrategy());
        BY_KIND.put("autoscaling/v1/HorizontalPodAutoscaler", new HorizontalPodAutoscalerStrategy());
        BY_KIND.put("policy/v1/PodDisruptionBudget", new PodDisruptionBudgetStrategy());
        BY_KIND.put("flowcontrol.apiserver.k8s.io/v1/FlowSchema", new FlowSchemaStrategy());
        BY_KIND.put("flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration", new PriorityLevelStrategy());
        BY_KIND.put("apiregistration.k8s.io/v1/APIService", new ApiServiceStrategy(CLOCK));
        BY_KIND.put("apiextensions.k8s.io/v1/CustomResourceDefinition", new CrdStrategy());
        BY_KIND.put("resource.k8s.io/v1/DeviceClass", new DeviceClassStrategy());
        BY_KIND.put("resource.k8s.io/v1/ResourceClaim", new ResourceClaimStrategy());
        BY_KIND.put("resource.k8s.io/v1/ResourceClaimTemplate", new ResourceClaimTemplateStrategy());
        BY_KIND.put("resource.k8s.io/v1/ResourceSlice", new ResourceSliceStrategy());
        putAdmission();
        putNetworking();
        putStorage();
        putPolicies();
    }

    private static void putAdmission() {
        String admission = "admissionregistration.k8s.io/v1/";
        BY_KIND.put(admission + "MutatingWebhookConfiguration", new WebhookConfigurationStrategy(true));
        BY_KIND.put(admission + "ValidatingWebhookConfiguration", new WebhookConfigurationStrategy(false));
        BY_KIND.put(admission + "MutatingAdmissionPolicy", new MutatingPolicyStrategy());
        BY_KIND.put(admission + "MutatingAdmissionPolicyBinding", new PolicyBindingStrategy(true));
        BY_KIND.put(admission + "ValidatingAdmissionPolicy", new ValidatingPolicyStrategy());
        BY_KIND.put(admission + "ValidatingAdmissionPolicyBinding", new PolicyBindingStrategy(false));
    }

    private static void putNetworking() {
        BY_KIND.put("v1/Endpoints", new EndpointsStrategy());
        BY_KIND.put("discovery.k8s.io/v1/EndpointSlice", new EndpointSliceStrategy());
        BY_KIND.put("networking.k8s.io/v1/Ingress", new IngressStrategy());
        BY_KIND.put("networking.k8s.io/v1/IngressClass", new IngressClassStrategy());
        BY_KIND.put("networking.k8s.io/v1/IPAddress", new IpAddressStrategy());
        BY_KIND.put("networking.k8s.io/v1/NetworkPolicy", new NetworkPolicyStrategy());
        BY_KIND.put("networking.k8s.io/v1/ServiceCIDR", new ServiceCidrStrategy());
    }

    private static void putStorage() {
        BY_KIND.put("v1/PersistentVolume", new PersistentVolumeStrategy(CLOCK));
        BY_KIND.put("v1/PersistentVolumeClaim", new PersistentVolumeClaimStrategy());
        BY_KIND.put("storage.k8s.io/v1/CSIDriver", new CsiDriverStrategy());
        BY_KIND.put("storage.k8s.io/v1/CSINode", new CsiNodeStrategy());
        BY_KIND.put("storage.k8s.io/v1/CSIStorageCapacity", new CsiStorageCapacityStrategy());
        BY_KIND.put("storage.k8s.io/v1/StorageClass", new StorageClassStrategy());
        BY_KIND.put("storage.k8s.io/v1/VolumeAttachment", new VolumeAttachmentStrategy());
        BY_KIND.put("storage.k8s.io/v1/VolumeAttributesClass", new VolumeAttributesClassStrategy());
    }

    private static void putPolicies() {
        String rbac = "rbac.authorization.k8s.io/v1/";
        BY_KIND.put(rbac + "Role", new RoleStrategy(true));
        BY_KIND.put(rbac + "ClusterRole", new RoleStrategy(false));
        BY_KIND.put(rbac + "RoleBinding", new RoleBindingStrategy(true));
        BY_KIND.put(rbac + "ClusterRoleBinding", new RoleBindingStrategy(false));
        BY_KIND.put("coordination.k8s.io/v1/Lease", new LeaseStrategy());
        BY_KIND.put("scheduling.k8s.io/v1/PriorityClass", new PriorityClassStrategy());
        BY_KIND.put("node.k8s.io/v1/RuntimeClass", new RuntimeClassStrategy());
        BY_KIND.put("certificates.k8s.io/v1/CertificateSigningRequest", new CertificateSigningRequestStrategy(CLOCK));
        BY_KIND.put("v1/Event", new EventStrategy(true));
        BY_KIND.put("events.k8s.io/v1/Event", new EventStrategy(false));
    }

    private Strategies() {}

    /// The strategy of a kind, named as `apiVersion/Kind`.
    public static Strategy of(String kind) {
        return BY_KIND.getOrDefault(kind, Strategy.NONE);
    }
}
