package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import java.util.List;
import java.util.Objects;

/// Gives an ingress that names no class the default one, when there is one.
public final class DefaultIngressClass implements AdmissionPlugin {
    private static final List<String> MARKS = List.of("ingressclass.kubernetes.io/is-default-class");

    private final ObjectStorage storage;
    private final ApiResource classes;

    public DefaultIngressClass(ObjectStorage storage, ApiResource classes) {
        this.storage = storage;
        this.classes = classes;
    }

    @Override
    public String name() {
        return "DefaultIngressClass";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (request.operation() != AdmissionRequest.Operation.CREATE
                || !request.isFor("networking.k8s.io", "ingresses")
                || !request.isMain()) {
            return;
        }
        ObjectNode ingress = Objects.requireNonNull(request.object());
        if (ingress.path("spec").hasNonNull("ingressClassName")
                || Meta.annotations(ingress).containsKey("kubernetes.io/ingress.class")) {
            return;
        }
        DefaultClasses.newest(storage, classes, MARKS)
                .ifPresent(name -> Meta.child(ingress, "spec").put("ingressClassName", name));
    }
}
