package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.Meta;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Keeps volumes, claims and classes of volume attributes from going away while they are in use: their controllers
/// take the finalizer away when nothing uses them.
public final class StorageObjectInUseProtection implements AdmissionPlugin {
    @Override
    public String name() {
        return "StorageObjectInUseProtection";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (request.operation() != AdmissionRequest.Operation.CREATE || !request.isMain()) {
            return;
        }
        String finalizer = finalizer(request);
        ObjectNode object = Objects.requireNonNull(request.object());
        List<String> finalizers = Meta.finalizers(object);
        if (!finalizer.isEmpty() && !finalizers.contains(finalizer)) {
            List<String> more = new ArrayList<>(finalizers);
            more.add(finalizer);
            Meta.setFinalizers(object, more);
        }
    }

    private static String finalizer(AdmissionRequest request) {
        if (request.isFor("", "persistentvolumes")) {
            return "kubernetes.io/pv-protection";
        }
        if (request.isFor("", "persistentvolumeclaims")) {
            return "kubernetes.io/pvc-protection";
        }
        return request.isFor("storage.k8s.io", "volumeattributesclasses") ? "kubernetes.io/vac-protection" : "";
    }
}
