package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.validation.MetadataRules;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

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
                    // Everything may change here but the status.
                    ObjectNode result = wanted.deepCopy();
                    Strategy.restore(result, present, "status");
                    check(result);
                    return result;
                },
                options);
        return new ObjectFormat(namespaces, call.format(namespaces, false), clock)
                .one(200, updated.object(), call.query());
    }

    private static void check(ObjectNode namespace) {
        List<String> finalizers = new ArrayList<>();
        namespace.path("spec").path("finalizers").forEach(name -> finalizers.add(name.asText()));
        List<Cause> causes = new ArrayList<>();
        for (int i = 0; i < finalizers.size(); i++) {
            String field = "spec.finalizers[" + i + "]";
            for (Cause cause : MetadataRules.finalizers(List.of(finalizers.get(i)), field)) {
                causes.add(new Cause(cause.reason(), cause.message(), field));
            }
        }
        if (!causes.isEmpty()) {
            throw ApiException.invalid("", "Namespace", Meta.name(namespace), causes);
        }
    }
}
