package io.jubernetes.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.authn.RequestHeaders;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.resource.WriteOptions.FieldValidation;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tells other API servers whom to believe: the ConfigMap `extension-apiserver-authentication` in `kube-system` names
/// the authorities of clients and of this server's own proxy certificate.
final class ExtensionAuthentication {
    private static final String NAME = "extension-apiserver-authentication";
    private static final String NAMESPACE = "kube-system";
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final WriteOptions OPTIONS = new WriteOptions(false, "kube-apiserver", FieldValidation.STRICT);

    private ExtensionAuthentication() {}

    /// Writes the ConfigMap; it is empty when there is nothing to tell.
    ///
    /// @param proxies how proxies name users; null when they do not
    static void publish(
            ObjectService objects,
            ApiResource configMaps,
            @Nullable Path clientCa,
            @Nullable Path proxyCa,
            @Nullable RequestHeaders proxies)
            throws StartupException {
        Map<String, String> data = new LinkedHashMap<>();
        try {
            if (clientCa != null) {
                data.put("client-ca-file", Files.readString(clientCa));
            }
            if (proxyCa != null && proxies != null) {
                data.put("requestheader-allowed-names", Json.text(proxies.allowedNames()));
                data.put("requestheader-client-ca-file", Files.readString(proxyCa));
                data.put("requestheader-extra-headers-prefix", Json.text(proxies.extraPrefixes()));
                data.put("requestheader-group-headers", Json.text(proxies.groupHeaders()));
                data.put("requestheader-uid-headers", Json.text(proxies.uidHeaders()));
                data.put("requestheader-username-headers", Json.text(proxies.userHeaders()));
            }
        } catch (IOException e) {
            throw new StartupException("--client-ca-file, --requestheader-client-ca-file: " + e.getMessage(), e);
        }
        ObjectNode wanted = Json.object().put("kind", "ConfigMap").put("apiVersion", "v1");
        wanted.putObject("metadata").put("name", NAME).put("namespace", NAMESPACE);
        ObjectNode values = wanted.putObject("data");
        data.forEach(values::put);
        try {
            objects.create(context("create"), configMaps, NAMESPACE, wanted, OPTIONS);
        } catch (ApiException e) {
            if (e.code() != 409) {
                throw e;
            }
            objects.update(
                    context("update"),
                    configMaps,
                    NAMESPACE,
                    NAME,
                    "",
                    present -> {
                        data.forEach(Meta.child(present, "data")::put);
                        return present;
                    },
                    OPTIONS);
        }
    }

    private static RequestContext context(String verb) {
        var info = new RequestInfo(true, verb, "", "", "v1", NAMESPACE, "configmaps", NAME, "", "");
        return new RequestContext(info, UserInfo.apiServer(), "kube-apiserver", Deadline.in(LIMIT));
    }
}
