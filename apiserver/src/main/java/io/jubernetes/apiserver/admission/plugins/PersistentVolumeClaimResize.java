package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.QuantityRules;
import java.util.Objects;

/// Lets claims grow only when they are bound and their storage class says that its volumes can.
public final class PersistentVolumeClaimResize implements AdmissionPlugin {
    static final String CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

    private final ObjectStorage storage;
    private final ApiResource classes;

    public PersistentVolumeClaimResize(ObjectStorage storage, ApiResource classes) {
        this.storage = storage;
        this.classes = classes;
    }

    @Override
    public String name() {
        return "PersistentVolumeClaimResize";
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (request.operation() != AdmissionRequest.Operation.UPDATE
                || !request.isFor("", "persistentvolumeclaims")
                || !request.isMain()) {
            return;
        }
        ObjectNode claim = Objects.requireNonNull(request.object());
        ObjectNode old = Objects.requireNonNull(request.old());
        if (!grows(claim, old)) {
            return;
        }
        if (!old.path("status").path("phase").asText("").equals("Bound")) {
            throw request.forbidden("Only bound persistent volume claims can be expanded");
        }
        if (!mayGrow(claim)) {
            throw request.forbidden(
                    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc"
                            + " must support resize");
        }
    }

    private static boolean grows(ObjectNode claim, ObjectNode old) {
        Field wanted = requested(claim);
        Field before = requested(old);
        return wanted.isSet()
                && (!before.isSet() || QuantityRules.amount(wanted).compareTo(QuantityRules.amount(before)) > 0);
    }

    private static Field requested(ObjectNode claim) {
        return Field.root(claim).get("spec").get("resources").get("requests").get("storage");
    }

    private boolean mayGrow(ObjectNode claim) {
        JsonNode annotated = claim.path("metadata").path("annotations").path(CLASS_ANNOTATION);
        String name = annotated.isTextual()
                ? annotated.textValue()
                : claim.path("spec").path("storageClassName").asText("");
        return !name.isEmpty()
                && storage.cached(classes, "", name)
                        .map(found ->
                                found.object().path("allowVolumeExpansion").asBoolean(false))
                        .orElse(false);
    }
}
