package io.jubernetes.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.common.meta.NameRules;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// What must hold for the configuration of a webhook's client.
public final class ClientConfigRules {
    private ClientConfigRules() {}

    /// Everything wrong with a client's configuration.
    public static List<Cause> validate(JsonNode config, String path) {
        List<Cause> causes = validateAddress(config, path);
        String bundle = config.path("caBundle").asText("");
        if (!bundle.isEmpty()) {
            bundle(bundle, path + ".caBundle", causes);
        }
        return causes;
    }

    /// Everything wrong with where the client calls; certificates are not looked at.
    public static List<Cause> validateAddress(JsonNode config, String path) {
        List<Cause> causes = new ArrayList<>();
        boolean url = config.hasNonNull("url");
        boolean service = config.hasNonNull("service");
        if (url == service) {
            causes.add(Cause.required(path, "exactly one of url or service is required"));
        } else if (url) {
            url(config.path("url").asText(""), path + ".url", causes);
        } else {
            service(config.path("service"), path + ".service", causes);
        }
        return causes;
    }

    private static void url(String text, String path, List<Cause> causes) {
        String form = "; desired format: https://host[/path]";
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            causes.add(Cause.required(path, "url must be a valid URL: " + e.getReason() + form));
            return;
        }
        if (!"https".equals(uri.getScheme())) {
            String scheme = uri.getScheme() == null ? "" : uri.getScheme();
            causes.add(Cause.invalid(path, scheme, "'https' is the only allowed URL scheme" + form));
        }
        if (uri.getRawAuthority() == null || uri.getRawAuthority().isEmpty()) {
            causes.add(Cause.invalid(path, "", "host must be specified" + form));
        }
        if (uri.getRawUserInfo() != null) {
            causes.add(Cause.invalid(path, uri.getRawUserInfo(), "user information is not permitted in the URL"));
        }
        if (uri.getRawFragment() != null && !uri.getRawFragment().isEmpty()) {
            causes.add(Cause.invalid(path, uri.getRawFragment(), "fragments are not permitted in the URL"));
        }
        if (uri.getRawQuery() != null && !uri.getRawQuery().isEmpty()) {
            causes.add(Cause.invalid(path, uri.getRawQuery(), "query parameters are not permitted in the URL"));
        }
    }

    private static void service(JsonNode service, String path, List<Cause> causes) {
        for (String field : List.of("name", "namespace")) {
            if (service.path(field).asText("").isEmpty()) {
                causes.add(Cause.required(path + "." + field, "service " + field + " is required"));
            }
        }
        long port = service.path("port").asLong(443);
        if (port < 1 || port > 65535) {
            causes.add(
                    Cause.invalid(path + ".port", port, "port is not valid: must be between 1 and 65535, inclusive"));
        }
        String urlPath = service.path("path").asText("");
        if (urlPath.isEmpty() || urlPath.equals("/")) {
            return;
        }
        if (!urlPath.startsWith("/")) {
            causes.add(Cause.invalid(path + ".path", urlPath, "must start with a '/'"));
        }
        String[] steps = (urlPath.startsWith("/") ? urlPath.substring(1) : urlPath).split("/", -1);
        for (int i = 0; i < steps.length; i++) {
            if (steps[i].isEmpty() && i < steps.length - 1) {
                causes.add(Cause.invalid(path + ".path", urlPath, "segment[" + i + "] may not be empty"));
            } else if (!steps[i].isEmpty()) {
                int index = i;
                NameRules.subdomain(steps[i])
                        .forEach(problem -> causes.add(
                                Cause.invalid(path + ".path", urlPath, "segment[" + index + "]: " + problem)));
            }
        }
    }

    private static void bundle(String base64, String path, List<Cause> causes) {
        boolean readable;
        try {
            byte[] pem = Base64.getDecoder().decode(base64);
            readable = !CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem))
                    .isEmpty();
        } catch (CertificateException | IllegalArgumentException e) {
            readable = false;
        }
        if (!readable) {
            causes.add(Cause.invalid(
                    path,
                    base64,
                    "unable to load root certificates: data does not contain any valid RSA or ECDSA certificates"));
        }
    }
}
