package io.jubernetes.apiserver.admission.plugins;

import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// `NamespaceExists`, which refuses writes into namespaces that do not exist, and `NamespaceAutoProvision`, which
/// makes them instead.
public final class NamespaceOnDemand implements AdmissionPlugin {
    private final Stored namespaces;
    private final @Nullable Consumer<String> maker;

    private NamespaceOnDemand(Stored namespaces, @Nullable Consumer<String> maker) {
        this.namespaces = namespaces;
        this.maker = maker;
    }

    public static NamespaceOnDemand exists(ObjectStorage storage, ApiResource namespaces) {
        return new NamespaceOnDemand(new Stored(storage, namespaces), null);
    }

    /// @param maker makes a namespace; one that exists meanwhile is no failure
    public static NamespaceOnDemand provided(ObjectStorage storage, ApiResource namespaces, Consumer<String> maker) {
        return new NamespaceOnDemand(new Stored(storage, namespaces), maker);
    }

    @Override
    public String name() {
        return maker == null ? "NamespaceExists" : "NamespaceAutoProvision";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (maker != null
                && request.operation() == Operation.CREATE
                && !request.dryRun()
                && request.isMain()
                && isMissing(request)) {
            maker.accept(request.namespace());
        }
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (maker == null && request.operation() != Operation.CONNECT && isMissing(request)) {
            throw ApiException.notFound(namespaces.resource(), request.namespace());
        }
    }

    private boolean isMissing(AdmissionRequest request) {
        return request.resource().namespaced()
                && !request.namespace().isEmpty()
                && namespaces
                        .find("", request.namespace(), request.context().deadline())
                        .isEmpty();
    }
}
