package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.NameRules;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a pod may be told of itself: its fields and its containers' resources.
final class DownwardRules {
    /// Where it is told.
    enum Use {
        VARIABLE(List.of(
                "metadata.name",
                "metadata.namespace",
                "metadata.uid",
                "spec.nodeName",
                "spec.serviceAccountName",
                "status.hostIP",
                "status.hostIPs",
                "status.podIP",
                "status.podIPs")),
        FILE(List.of("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"));

        private final List<String> fields;

        Use(List<String> fields) {
            this.fields = fields;
        }
    }

    private static final Set<String> KNOWN = Set.of(
            "metadata.annotations",
            "metadata.labels",
            "metadata.name",
            "metadata.namespace",
            "metadata.uid",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.serviceAccountName",
            "spec.schedulerName",
            "status.phase",
            "status.hostIP",
            "status.hostIPs",
            "status.podIP",
            "status.podIPs",
            "spec.host");
    private static final Pattern SUBSCRIPTED = Pattern.compile("([^\\[\\]]+)\\['([^']*)'\\]");
    private static final List<String> RESOURCES = List.of(
            "limits.cpu",
            "limits.ephemeral-storage",
            "limits.memory",
            "requests.cpu",
            "requests.ephemeral-storage",
            "requests.memory");
    private static final Set<String> SIZES =
            Set.of("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei");
    private static final String SIZES_SHOWN = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";

    private DownwardRules() {}

    /// A reference to a field of the pod.
    static void checkField(Field reference, Use use) {
        if (!reference.get("apiVersion").requireValue()) {
            return;
        }
        Field path = reference.get("fieldPath");
        if (!path.requireValue()) {
            return;
        }
        String version = reference.get("apiVersion").text();
        String text = path.text();
        if (!version.equals("v1")) {
            path.invalid("error converting fieldPath: unsupported pod version: " + version);
            return;
        }
        Matcher subscripted = SUBSCRIPTED.matcher(text);
        if (subscripted.matches()) {
            checkSubscript(reference, path, subscripted.group(1), subscripted.group(2));
            return;
        }
        if (!KNOWN.contains(text)) {
            path.invalid("error converting fieldPath: field label not supported: " + text);
            return;
        }
        String internal = text.equals("spec.host") ? "spec.nodeName" : text;
        if (!use.fields.contains(internal)) {
            path.report(Cause.notSupported(path.path(), internal, use.fields));
        }
    }

    private static void checkSubscript(Field reference, Field path, String map, String key) {
        switch (map) {
            case "metadata.annotations" ->
                NameRules.qualifiedName(key.toLowerCase(Locale.ROOT))
                        .forEach(problem -> reference.invalid(key.toLowerCase(Locale.ROOT), problem));
            case "metadata.labels" -> NameRules.qualifiedName(key).forEach(problem -> reference.invalid(key, problem));
            default ->
                path.invalid("error converting fieldPath: field label does not support subscript: " + path.text());
        }
    }

    /// A reference to a resource of a container.
    static void checkResource(Field reference, Use use) {
        Field resource = reference.get("resource");
        String name = resource.text();
        if (use == Use.FILE && reference.get("containerName").isEmpty()) {
            reference.get("containerName").required("");
        } else if (name.isEmpty()) {
            resource.required("");
        } else if (!RESOURCES.contains(name) && !isHugePages(name)) {
            resource.notSupported(RESOURCES);
        }
        checkDivisor(reference.get("divisor"), name);
    }

    private static boolean isHugePages(String name) {
        return name.startsWith("requests.hugepages-") || name.startsWith("limits.hugepages-");
    }

    private static void checkDivisor(Field divisor, String resource) {
        if (QuantityRules.amount(divisor).signum() == 0) {
            return;
        }
        String text = QuantityRules.amount(divisor).toString();
        switch (resource) {
            case "limits.cpu", "requests.cpu" -> {
                if (!text.equals("1") && !text.equals("1m")) {
                    divisor.invalid(resource, "only divisor's values 1m and 1 are supported with the cpu resource");
                }
            }
            case "limits.memory", "requests.memory" -> checkSize(divisor, text, resource, "memory");
            case "limits.ephemeral-storage", "requests.ephemeral-storage" ->
                checkSize(divisor, text, resource, "local ephemeral storage");
            default -> {
                if (isHugePages(resource)) {
                    checkSize(divisor, text, resource, "hugepages");
                }
            }
        }
    }

    private static void checkSize(Field divisor, String text, String resource, String shown) {
        if (!SIZES.contains(text)) {
            divisor.invalid(
                    resource,
                    "only divisor's values " + SIZES_SHOWN + " are supported with the " + shown + " resource");
        }
    }
}
