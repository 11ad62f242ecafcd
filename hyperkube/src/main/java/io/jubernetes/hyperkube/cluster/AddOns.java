package io.jubernetes.hyperkube.cluster;

import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What users expect to find in a new cluster: the DNS Service, a storage class for claims that name none, and the
/// right of service proxies to enforce network policies.
public final class AddOns {
    private static final Logger LOG = LoggerFactory.getLogger(AddOns.class);

    private AddOns() {}

    /// Makes what is missing; what cannot be made is a warning in the log.
    ///
    /// @param dnsAddress the cluster's DNS
    /// @param oneMachine all nodes see the same directories, so that a claim need not wait for the node of its
    ///     first pod
    public static void ensure(KubernetesClient client, String dnsAddress, boolean oneMachine) {
        try {
            policyReader(client);
            defaultStorageClass(client, oneMachine ? "Immediate" : "WaitForFirstConsumer");
            var services = client.services().inNamespace("kube-system");
            if (services.withName("kube-dns").get() == null) {
                services.resource(new ServiceBuilder()
                                .withNewMetadata()
                                .withName("kube-dns")
                                .withNamespace("kube-system")
                                .addToLabels("k8s-app", "kube-dns")
                                .addToLabels("kubernetes.io/cluster-service", "true")
                                .addToLabels("kubernetes.io/name", "CoreDNS")
                                .endMetadata()
                                .withNewSpec()
                                .withClusterIP(dnsAddress)
                                .withPorts(
                                        new ServicePortBuilder()
                                                .withName("dns")
                                                .withPort(53)
                                                .withProtocol("UDP")
                                                .build(),
                                        new ServicePortBuilder()
                                                .withName("dns-tcp")
                                                .withPort(53)
                                                .withProtocol("TCP")
                                                .build())
                                .endSpec()
                                .build())
                        .create();
            }
        } catch (KubernetesClientException e) {
            LOG.warn("cannot make the add-ons: {}", e.getMessage());
        }
    }

    /// The service proxy enforces network policies; upstream's role for proxies knows nothing of that.
    private static void policyReader(KubernetesClient client) {
        String name = "jubernetes:network-policies";
        if (client.rbac().clusterRoles().withName(name).get() == null) {
            client.rbac()
                    .clusterRoles()
                    .resource(new ClusterRoleBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .endMetadata()
                            .addNewRule()
                            .withApiGroups("")
                            .withResources("pods", "namespaces")
                            .withVerbs("list", "watch")
                            .endRule()
                            .addNewRule()
                            .withApiGroups("networking.k8s.io")
                            .withResources("networkpolicies")
                            .withVerbs("list", "watch")
                            .endRule()
                            .build())
                    .create();
        }
        if (client.rbac().clusterRoleBindings().withName(name).get() == null) {
            client.rbac()
                    .clusterRoleBindings()
                    .resource(new ClusterRoleBindingBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .endMetadata()
                            .withNewRoleRef()
                            .withApiGroup("rbac.authorization.k8s.io")
                            .withKind("ClusterRole")
                            .withName(name)
                            .endRoleRef()
                            .addNewSubject()
                            .withApiGroup("rbac.authorization.k8s.io")
                            .withKind("User")
                            .withName("system:kube-proxy")
                            .endSubject()
                            .build())
                    .create();
        }
    }

    /// Volumes are directories.
    private static void defaultStorageClass(KubernetesClient client, String bindingMode) {
        var classes = client.storage().v1().storageClasses();
        if (classes.withName("local-path").get() == null) {
            classes.resource(new StorageClassBuilder()
                            .withNewMetadata()
                            .withName("local-path")
                            .addToAnnotations("storageclass.kubernetes.io/is-default-class", "true")
                            .endMetadata()
                            .withProvisioner("jubernetes.io/local-path")
                            .withReclaimPolicy("Delete")
                            .withVolumeBindingMode(bindingMode)
                            .withAllowVolumeExpansion(true)
                            .build())
                    .create();
        }
    }
}
