package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.WriteOptions;
import java.time.Clock;

/// `namespaces/NAME/finalize`: changes the finalizers of a namespace's spec; when none is left, the namespace goes.
final class NamespaceFinalizer {
    private final ObjectService objects;
    private final Clock clock;

    NamespaceFinalizer(ObjectService objects, Clock clock) {
        this.objects = objects;
        this.clock = clock;
    }

    Reply handle(Call call, ApiResource namespaces) {
        RequestInfo info = call.context().info();
        WriteOptions options =
                call.query().writeOptions("UpdateOptions", call.context().userAgent());
        ObjectNode wanted = ResourceHandler.decodeBody(call, namespaces, options);
        ResourceHandler.checkName(info, wanted);
        ObjectService.Updated updated = objects.update(
                call.context(),
                namespaces,
                "",
                info.name(),
                "finalize",
                present -> {
                    ObjectNode result = present.deepCopy();
                    Strategy.restore(Meta.child(result, "spec"), Meta.child(wanted, "spec"), "finalizers");
                    String version = Meta.resourceVersion(wanted);
                    if (!version.isEmpty()) {
                        Meta.of(result).put("resourceVersion", version);
                    }
                    return result;
                },
                options);
        return new ObjectFormat(namespaces, call.format(namespaces, false), clock)
                .one(200, updated.object(), call.query());
    }
}
