package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.common.codec.Json;

/// Puts requests that connect a client with something (`exec`, `attach`, `portforward`, `proxy`) to
/// the admission plugins before they are carried out. What the query asks for is the object they see,
/// such as PodExecOptions.
final class ConnectAdmission {
    private final ObjectService objects;

    ConnectAdmission(ObjectService objects) {
        this.objects = objects;
    }

    /// The handler, asked only when the plugins agree.
    SubresourceHandlers.Handler before(SubresourceHandlers.Handler handler) {
        return (call, resource) -> {
            objects.admit(request(call, resource));
            return handler.handle(call, resource);
        };
    }

    private static AdmissionRequest request(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        return new AdmissionRequest(
                call.context(),
                resource,
                Operation.CONNECT,
                info.namespace(),
                info.name(),
                info.subresource(),
                object(call, resource),
                null,
                false,
                Json.object());
    }

    private static ObjectNode object(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        ApiResource.Subresource part = resource.subresources().get(info.subresource());
        ObjectNode options =
                Json.object().put("kind", part == null ? "" : part.kind()).put("apiVersion", resource.apiVersion());
        Query query = call.query();
        switch (info.subresource()) {
            case "exec", "attach" -> {
                for (String stream : new String[] {"stdin", "stdout", "stderr", "tty"}) {
                    if (query.flag(stream)) {
                        options.put(stream, true);
                    }
                }
                if (!query.text("container").isEmpty()) {
                    options.put("container", query.text("container"));
                }
                if (query.has("command")) {
                    query.all("command").forEach(options.putArray("command")::add);
                }
            }
            case "portforward" -> {
                if (query.has("ports")) {
                    query.all("ports").forEach(port -> addPort(options, port));
                }
            }
            default -> options.put("path", info.tail());
        }
        return options;
    }

    private static void addPort(ObjectNode options, String port) {
        if (port.matches("[0-9]{1,9}")) {
            options.withArray("ports").add(Integer.parseInt(port));
        }
    }
}
