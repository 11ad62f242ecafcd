package io.jubernetes.apiserver.resource;

import java.util.Set;

/// Which built-in kinds differ from the rest in what a PUT may do. Custom resources never create by it and always need
/// a version, which their strategy says.
final class UpdateRules {
    private static final Set<String> CREATED_BY_UPDATE = Set.of(
            "endpoints",
            "events",
            "events.events.k8s.io",
            "limitranges",
            "services",
            "leases.coordination.k8s.io",
            "clusterrolebindings.rbac.authorization.k8s.io",
            "clusterroles.rbac.authorization.k8s.io",
            "rolebindings.rbac.authorization.k8s.io",
            "roles.rbac.authorization.k8s.io");

    private static final Set<String> VERSION_NEEDED = Set.of(
            "apiservices.apiregistration.k8s.io",
            "controllerrevisions.apps",
            "csidrivers.storage.k8s.io",
            "csinodes.storage.k8s.io",
            "csistoragecapacities.storage.k8s.io",
            "customresourcedefinitions.apiextensions.k8s.io",
            "leases.coordination.k8s.io",
            "mutatingadmissionpolicies.admissionregistration.k8s.io",
            "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
            "mutatingwebhookconfigurations.admissionregistration.k8s.io",
            "poddisruptionbudgets.policy",
            "runtimeclasses.node.k8s.io",
            "validatingadmissionpolicies.admissionregistration.k8s.io",
            "validatingadmissionpolicybindings.admissionregistration.k8s.io",
            "validatingwebhookconfigurations.admissionregistration.k8s.io",
            "volumeattachments.storage.k8s.io");

    private UpdateRules() {}

    /// Whether an update of an absent object creates it.
    static boolean createsOnUpdate(ApiResource resource) {
        return CREATED_BY_UPDATE.contains(resource.qualifiedName())
                || resource.strategy().createsOnUpdate();
    }

    /// Whether an update may leave out the resource version.
    static boolean allowsUnconditional(ApiResource resource) {
        return !VERSION_NEEDED.contains(resource.qualifiedName())
                && resource.strategy().allowsUnconditionalUpdate();
    }
}
