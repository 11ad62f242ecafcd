package io.jubernetes.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import org.jspecify.annotations.Nullable;

/// A write on its way to the store.
///
/// @param object the object as it will be; null for a deletion. A mutating plugin changes it in place.
/// @param old the object as it is; null for a creation. Nobody changes it.
/// @param subresource empty for the resource itself
/// @param options the request's options as an object of their own, such as DeleteOptions; empty for none
/// @param reinvocation what plugins remember between the rounds of [AdmissionPlugin#mutate]
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
        ObjectNode options,
        Reinvocation reinvocation) {
    /// A request of which no plugin has seen anything yet.
    public AdmissionRequest(
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
        this(
                context,
                resource,
                operation,
                namespace,
                name,
                subresource,
                object,
                old,
                dryRun,
                options,
                new Reinvocation());
    }

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

    /// Whether it creates an object of a resource.
    public boolean isNew(String group, String plural) {
        return operation == Operation.CREATE && isMain() && isFor(group, plural);
    }

    /// Whether it creates or changes an object or a part of it, which it then has.
    public boolean isWrite() {
        return object != null && (operation == Operation.CREATE || operation == Operation.UPDATE);
    }

    /// Whether it creates or changes an object of a resource itself, which it then has.
    public boolean isWriteOf(String group, String plural) {
        return isWrite() && isMain() && isFor(group, plural);
    }

    /// The refusal of this write.
    ///
    /// @param why the part of the message behind "is forbidden: "
    public ApiException forbidden(String why) {
        return ApiException.forbidden(resource.group(), resource.plural(), shownName(), why);
    }

    /// The name clients are told: what a name is made from as long as it is not made.
    private String shownName() {
        if (!name.isEmpty()) {
            return name;
        }
        JsonNode meta = object == null ? MissingNode.getInstance() : object.path("metadata");
        String made = meta.path("name").asText("");
        return made.isEmpty() ? meta.path("generateName").asText("Unknown") : made;
    }
}
