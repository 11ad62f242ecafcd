package io.jubernetes.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.ApiResource;
import org.jspecify.annotations.Nullable;

/// A write on its way to the store.
///
/// @param object the object as it will be; null for a deletion. A mutating plugin changes it in place.
/// @param old the object as it is; null for a creation. Nobody changes it.
/// @param subresource empty for the resource itself
/// @param options the request's options as an object of their own, such as DeleteOptions
public record AdmissionRequest(
        RequestContext context,
        ApiResource resource,
        Operation operation,
        String namespace,
        String name,
        String subresource,
        @Nullable ObjectNode object,
        @Nullable ObjectNode old,
        boolean dryRun,
        ObjectNode options) {
    /// What is done.
    public enum Operation {
        CREATE,
        UPDATE,
        DELETE,
        CONNECT
    }

    /// Whether it is about the resource itself and not about one of its subresources.
    public boolean isMain() {
        return subresource.isEmpty();
    }

    /// Whether it is about a resource of a group by its plural name.
    public boolean isFor(String group, String plural) {
        return resource.group().equals(group) && resource.plural().equals(plural);
    }
}
