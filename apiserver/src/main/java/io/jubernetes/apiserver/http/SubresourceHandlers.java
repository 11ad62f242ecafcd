package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ApiResource.Subresource;
import java.util.Map;
import java.util.Optional;

/// Finds who answers a subresource, and the few resources that are not stored but computed.
final class SubresourceHandlers {
    /// Answers one subresource or one computed resource.
    @FunctionalInterface
    interface Handler {
        Reply handle(Call call, ApiResource resource);
    }

    private final ResourceHandler resources;
    private final Map<String, Handler> bySubresource;
    private final Map<String, Handler> byResource;

    /// @param bySubresource by `resource.group/subresource`, or by `*/subresource` for all resources
    /// @param byResource by `resource.group`
    SubresourceHandlers(
            ResourceHandler resources, Map<String, Handler> bySubresource, Map<String, Handler> byResource) {
        this.resources = resources;
        this.bySubresource = Map.copyOf(bySubresource);
        this.byResource = Map.copyOf(byResource);
    }

    Reply handle(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        Subresource subresource = resource.subresources().get(info.subresource());
        boolean custom = resource.strategy().isCustom();
        if (subresource == null) {
            throw custom ? ApiException.notFound(resource, info.name()) : ApiException.noSuchPath();
        }
        if (custom && !subresource.verbs().contains(info.verb())) {
            throw ApiException.methodNotAllowed(resource, info.verb());
        }
        if (!subresource.verbs().contains(info.verb())) {
            throw ApiException.noSuchMethod();
        }
        Handler handler = bySubresource.get(resource.qualifiedName() + "/" + info.subresource());
        if (handler == null) {
            handler = bySubresource.get("*/" + info.subresource());
        }
        if (handler != null) {
            return handler.handle(call, resource);
        }
        if (subresource.kind().equals(resource.kind())) {
            return resources.handle(call, resource);
        }
        throw ApiException.of(
                501,
                "NotImplemented",
                "the subresource " + info.subresource() + " of " + resource.qualifiedName() + " is not implemented yet",
                null);
    }

    Optional<Reply> special(Call call, ApiResource resource) {
        Handler handler = byResource.get(resource.qualifiedName());
        if (handler == null) {
            return Optional.empty();
        }
        if (!resource.verbs().contains(call.context().info().verb())) {
            throw ApiException.noSuchMethod();
        }
        return Optional.of(handler.handle(call, resource));
    }
}
