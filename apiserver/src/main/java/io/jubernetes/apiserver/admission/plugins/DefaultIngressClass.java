package io.jubernetes.apiserver.admission.plugins;

import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import java.util.List;
import java.util.Objects;

/// Gives an ingress that names no class the default one, when there is one.
public final class DefaultIngressClass implements AdmissionPlugin {
    private final DefaultClasses classes;

    public DefaultIngressClass(ObjectStorage storage, ApiResource classes) {
        this.classes = new DefaultClasses(storage, classes, List.of("ingressclass.kubernetes.io/is-default-class"));
    }

    @Override
    public String name() {
        return "DefaultIngressClass";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (request.isNew("networking.k8s.io", "ingresses")) {
            classes.fillIn(Objects.requireNonNull(request.object()), "ingressClassName", "kubernetes.io/ingress.class");
        }
    }
}
