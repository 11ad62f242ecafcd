package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import java.util.List;
import java.util.Objects;

/// Gives a claim that names no storage class the default one, when there is one.
public final class DefaultStorageClass implements AdmissionPlugin {
    private static final List<String> MARKS =
            List.of("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class");

    private final ObjectStorage storage;
    private final ApiResource classes;

    public DefaultStorageClass(ObjectStorage storage, ApiResource classes) {
        this.storage = storage;
        this.classes = classes;
    }

    @Override
    public String name() {
        return "DefaultStorageClass";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (request.operation() != AdmissionRequest.Operation.CREATE
                || !request.isFor("", "persistentvolumeclaims")
                || !request.isMain()) {
            return;
        }
        ObjectNode claim = Objects.requireNonNull(request.object());
        // The empty name is a name: that of no class.
        if (claim.path("spec").hasNonNull("storageClassName")
                || Meta.annotations(claim).containsKey(PersistentVolumeClaimResize.CLASS_ANNOTATION)) {
            return;
        }
        DefaultClasses.newest(storage, classes, MARKS)
                .ifPresent(name -> Meta.child(claim, "spec").put("storageClassName", name));
    }
}
