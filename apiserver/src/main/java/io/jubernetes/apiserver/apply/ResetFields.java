package io.jubernetes.apiserver.apply;

import io.jubernetes.apiserver.resource.ApiResource;
import java.util.Map;

/// Which fields a path does not store, so that nobody comes to own them by writing there.
final class ResetFields {
    private static final FieldSet NOTHING = new FieldSet();
    private static final FieldSet STATUS = FieldSet.ofFields("status");
    private static final FieldSet SPEC = FieldSet.ofFields("spec");
    private static final FieldSet SPEC_AND_METADATA = FieldSet.ofFields("spec", "metadata");

    /// Paths that are not like those of other kinds, by resource and subresource.
    private static final Map<String, FieldSet> SPECIAL = Map.ofEntries(
            Map.entry("deployments.apps/status", FieldSet.ofFields("spec", "metadata.labels")),
            Map.entry(
                    "pods/status", FieldSet.ofFields("spec", "metadata.deletionTimestamp", "metadata.ownerReferences")),
            Map.entry("namespaces/finalize", STATUS),
            Map.entry("volumeattachments.storage.k8s.io/status", SPEC_AND_METADATA),
            Map.entry("flowschemas.flowcontrol.apiserver.k8s.io/status", SPEC_AND_METADATA),
            Map.entry("prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/status", SPEC_AND_METADATA),
            Map.entry("customresourcedefinitions.apiextensions.k8s.io/status", SPEC_AND_METADATA),
            Map.entry("certificatesigningrequests.certificates.k8s.io/", FieldSet.ofFields("spec", "status")),
            Map.entry(
                    "certificatesigningrequests.certificates.k8s.io/status",
                    FieldSet.ofFields("spec", "status.conditions")),
            Map.entry(
                    "certificatesigningrequests.certificates.k8s.io/approval",
                    FieldSet.ofFields("spec", "status.certificate")));

    private ResetFields() {}

    /// @param subresource empty for the object itself
    static FieldSet of(ApiResource resource, String subresource) {
        FieldSet special = SPECIAL.get(resource.qualifiedName() + "/" + subresource);
        if (special != null) {
            return special;
        }
        return switch (subresource) {
            case "" -> resource.strategy().hasStatus() ? STATUS : NOTHING;
            case "status" -> resource.isCustom() ? allButStatus(resource) : SPEC;
            default -> NOTHING;
        };
    }

    private static FieldSet allButStatus(ApiResource resource) {
        return FieldSet.ofFields(resource.schema().fields().keySet().stream()
                .filter(name -> !name.equals("status"))
                .toArray(String[]::new));
    }
}
