package io.jubernetes.apiserver.admission.plugins;

import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import java.util.List;
import java.util.Objects;

/// Gives a claim that names no storage class the default one, when there is one.
public final class DefaultStorageClass implements AdmissionPlugin {
    private final DefaultClasses classes;

    public DefaultStorageClass(ObjectStorage storage, ApiResource classes) {
        this.classes = new DefaultClasses(
                storage,
                classes,
                List.of(
                        "storageclass.kubernetes.io/is-default-class",
                        "storageclass.beta.kubernetes.io/is-default-class"));
    }

    @Override
    public String name() {
        return "DefaultStorageClass";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (request.isNew("", "persistentvolumeclaims")) {
            classes.fillIn(
                    Objects.requireNonNull(request.object()),
                    "storageClassName",
                    PersistentVolumeClaimResize.CLASS_ANNOTATION);
        }
    }
}
