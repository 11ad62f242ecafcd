package io.jubernetes.apiserver.registry.networking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.IpAddress;
import io.jubernetes.apiserver.validation.IpRules;
import io.jubernetes.apiserver.validation.PortRules;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;

/// Ingresses.
public final class IngressStrategy extends CheckedStrategy {
    private static final String CLASS_ANNOTATION = "kubernetes.io/ingress.class";
    private static final List<String> PATH_TYPES = List.of("Exact", "ImplementationSpecific", "Prefix");
    private static final int SHOWN_HOSTS = 3;
    private static final Table TABLE = Columns.named()
            .text("Class", IngressStrategy::className)
            .text("Hosts", IngressStrategy::hosts)
            .text("Address", IngressStrategy::addresses)
            .text("Ports", ingress -> ingress.path("spec").path("tls").isEmpty() ? "80" : "80, 443")
            .age();

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    protected void check(Field ingress) {
        Field spec = ingress.get("spec");
        if (spec.get("rules").isEmpty() && !spec.get("defaultBackend").isSet()) {
            spec.invalid(NullNode.instance, "either `defaultBackend` or `rules` must be specified");
        }
        if (spec.get("defaultBackend").isSet()) {
            checkBackend(spec.get("defaultBackend"));
        }
        spec.get("rules").items().forEach(IngressStrategy::checkRule);
        spec.get("tls").items().forEach(IngressStrategy::checkTls);
        if (spec.get("ingressClassName").isSet()) {
            spec.get("ingressClassName").requireForm(NameRules::subdomain);
        }
        // Only creation compares the two; an object that has both by history stays changeable.
        if (!Meta.resourceVersion(ingress.value()).isEmpty()) {
            return;
        }
        String annotation = Meta.annotations(ingress.value()).get(CLASS_ANNOTATION);
        Field name = spec.get("ingressClassName");
        if (annotation != null && name.isSet() && !annotation.equals(name.text())) {
            ingress.report(Cause.invalid(
                    "annotations." + CLASS_ANNOTATION,
                    annotation,
                    "must match `ingressClassName` when both are specified"));
        }
    }

    private static void checkRule(Field rule) {
        Field host = rule.get("host");
        if (!host.isEmpty()) {
            if (IpAddress.parse(host.text()).isPresent()) {
                host.invalid("must be a DNS name, not an IP address");
            }
            checkHost(host);
        }
        Field http = rule.get("http");
        if (http.isSet()) {
            if (http.get("paths").isEmpty()) {
                http.get("paths").required("");
            }
            http.get("paths").items().forEach(IngressStrategy::checkPath);
        }
    }

    private static void checkHost(Field host) {
        if (host.text().contains("*")) {
            host.requireForm(NameRules::wildcardSubdomain);
        } else {
            host.requireForm(NameRules::subdomain);
        }
    }

    private static void checkPath(Field item) {
        Field type = item.get("pathType");
        Field path = item.get("path");
        if (!type.isSet()) {
            type.required("pathType must be specified");
            return;
        }
        switch (type.text()) {
            case "Exact", "Prefix" -> {
                if (!path.text().startsWith("/")) {
                    path.invalid(path.text(), "must be an absolute path");
                }
                for (String part : List.of("//", "/./", "/../", "%2f", "%2F")) {
                    if (path.text().contains(part)) {
                        path.invalid("must not contain '" + part + "'");
                    }
                }
                for (String end : List.of("/..", "/.")) {
                    if (path.text().endsWith(end)) {
                        path.invalid("cannot end with '" + end + "'");
                    }
                }
            }
            case "ImplementationSpecific" -> {
                if (!path.isEmpty() && !path.text().startsWith("/")) {
                    path.invalid("must be an absolute path");
                }
            }
            default -> type.notSupported(PATH_TYPES);
        }
        checkBackend(item.get("backend"));
    }

    private static void checkBackend(Field backend) {
        Field service = backend.get("service");
        Field resource = backend.get("resource");
        if (resource.isSet() && service.isSet()) {
            backend.invalid("", "cannot set both resource and service backends");
        } else if (resource.isSet()) {
            ParameterRules.check(resource);
        } else if (service.isSet()) {
            checkService(backend, service);
        } else {
            backend.invalid("", "resource or service backend is required");
        }
    }

    private static void checkService(Field backend, Field service) {
        Field name = service.get("name");
        if (name.requireValue()) {
            // Names of services were RFC 1035 labels once; those that exist now may be any label.
            name.requireForm(NameRules::label);
        }
        Field port = service.get("port");
        boolean named = !port.get("name").isEmpty();
        boolean numbered = port.get("number").number() != 0;
        if (named && numbered) {
            backend.invalid("", "cannot set both port name & port number");
        } else if (named) {
            port.get("name").requireForm(PortRules::name);
        } else if (numbered) {
            PortRules.checkNumber(port.get("number"));
        } else {
            backend.required("port name or number is required");
        }
    }

    private static void checkTls(Field tls) {
        tls.get("hosts").items().forEach(IngressStrategy::checkHost);
        if (!tls.get("secretName").isEmpty()) {
            tls.get("secretName").requireForm(NameRules::subdomain);
        }
    }

    @Override
    protected void checkStatusUpdate(Field ingress, Field old) {
        for (Field point :
                ingress.get("status").get("loadBalancer").get("ingress").items()) {
            if (!point.get("ip").isEmpty()) {
                IpRules.address(point.get("ip"));
            }
            Field host = point.get("hostname");
            if (!host.isEmpty()) {
                host.requireForm(NameRules::subdomain);
                if (IpAddress.parse(host.text()).isPresent()) {
                    host.invalid("must be a DNS name, not an IP address");
                }
            }
        }
    }

    @Override
    public List<String> warnings(ObjectNode ingress) {
        return Meta.annotations(ingress).containsKey(CLASS_ANNOTATION)
                ? List.of("annotation \"" + CLASS_ANNOTATION
                        + "\" is deprecated, please use 'spec.ingressClassName' instead")
                : List.of();
    }

    @Override
    public List<String> updateWarnings(ObjectNode ingress, ObjectNode old) {
        return List.of();
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String className(JsonNode ingress) {
        JsonNode name = ingress.path("spec").path("ingressClassName");
        if (name.isTextual()) {
            return name.asText();
        }
        return Meta.annotations(ingress).getOrDefault(CLASS_ANNOTATION, "<none>");
    }

    private static String hosts(JsonNode ingress) {
        List<String> hosts = new ArrayList<>();
        for (JsonNode rule : ingress.path("spec").path("rules")) {
            String host = rule.path("host").asText("");
            if (!host.isEmpty()) {
                hosts.add(host);
            }
        }
        return hosts.isEmpty() ? "*" : Columns.some(hosts, SHOWN_HOSTS);
    }

    private static String addresses(JsonNode ingress) {
        List<String> addresses = new ArrayList<>();
        for (JsonNode point : ingress.path("status").path("loadBalancer").path("ingress")) {
            String ip = point.path("ip").asText("");
            addresses.add(ip.isEmpty() ? point.path("hostname").asText("") : ip);
        }
        addresses.removeIf(String::isEmpty);
        return String.join(",", addresses);
    }
}
