package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.GoShape;
import io.jubernetes.apiserver.validation.IpAddress;
import io.jubernetes.apiserver.validation.IpRules;
import io.jubernetes.apiserver.validation.MetadataRules;
import io.jubernetes.apiserver.validation.PortRules;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What must hold for a Service as a whole.
final class ServiceRules {
    private static final String RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges";
    private static final String FOR_BALANCERS = "may only be used when `type` is 'LoadBalancer'";
    private static final String NOT_FOR_NAMES = "may not be set for ExternalName services";
    private static final List<String> TYPES = List.of("ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
    private static final List<String> TRAFFIC = List.of("Cluster", "Local");
    private static final int KUBELET_PORT = 10250;

    private ServiceRules() {}

    static void check(Field service) {
        Field spec = service.get("spec");
        String type = spec.get("type").text();
        boolean headless = ServiceFields.isHeadless(spec.value());
        if (spec.get("ports").isEmpty() && !headless && !type.equals("ExternalName")) {
            spec.get("ports").required("");
        }
        checkType(spec, type, headless);
        checkPorts(spec.get("ports"));
        Field selector = spec.get("selector");
        MetadataRules.labels(Meta.strings(selector.value()), selector.path()).forEach(service::report);
        checkAffinity(spec);
        ServiceAddressRules.check(spec);
        for (Field ip : spec.get("externalIPs").items()) {
            int before = ip.causes().size();
            IpRules.address(ip);
            if (ip.causes().size() == before) {
                IpRules.endpoint(ip);
            }
        }
        if (type.isEmpty()) {
            spec.get("type").required("");
        } else {
            spec.get("type").requireOneOf(TYPES);
        }
        checkNodePorts(spec, type);
        checkBalancer(service, spec, type);
        checkTraffic(spec, type);
    }

    private static void checkType(Field spec, String type, boolean headless) {
        switch (type) {
            case "LoadBalancer", "NodePort" -> {
                if (type.equals("LoadBalancer")) {
                    for (Field port : spec.get("ports").items()) {
                        if (port.get("port").number() == KUBELET_PORT) {
                            port.invalid(
                                    port.get("port").value(),
                                    "may not expose port 10250 externally since it is used by kubelet");
                        }
                    }
                }
                if (headless) {
                    spec.get("clusterIPs").at(0).invalid("None", "may not be set to 'None' for " + type + " services");
                }
            }
            case "ExternalName" -> {
                for (String field : List.of("clusterIPs", "ipFamilies", "ipFamilyPolicy")) {
                    if (!spec.get(field).isEmpty()) {
                        spec.get(field).forbidden(NOT_FOR_NAMES);
                    }
                }
                Field name = spec.get("externalName");
                String text = name.text().endsWith(".")
                        ? name.text().substring(0, name.text().length() - 1)
                        : name.text();
                if (text.isEmpty()) {
                    name.required("");
                } else {
                    NameRules.subdomain(text).forEach(problem -> name.invalid(text, problem));
                }
            }
            default -> {
                // An unknown type is reported where the type is checked.
            }
        }
    }

    private static void checkPorts(Field ports) {
        Set<String> names = new HashSet<>();
        boolean several = ports.items().size() > 1;
        for (Field port : ports.items()) {
            Field name = port.get("name");
            if (several && name.isEmpty()) {
                name.required("");
            } else if (!name.isEmpty()) {
                name.requireForm(NameRules::label);
                if (!names.add(name.text())) {
                    name.duplicate();
                }
            }
            PortRules.checkNumber(port.get("port"));
            Field protocol = port.get("protocol");
            if (protocol.isEmpty()) {
                protocol.required("");
            } else {
                protocol.requireOneOf(List.of("SCTP", "TCP", "UDP"));
            }
            PortRules.checkNumberOrName(port.get("targetPort"));
            if (port.get("appProtocol").isSet()) {
                port.get("appProtocol").requireForm(NameRules::qualifiedName);
            }
        }
    }

    private static void checkAffinity(Field spec) {
        Field affinity = spec.get("sessionAffinity");
        Field config = spec.get("sessionAffinityConfig");
        switch (affinity.text()) {
            case "" -> affinity.required("");
            case "ClientIP" -> {
                Field seconds = config.get("clientIP").get("timeoutSeconds");
                if (!seconds.isSet()) {
                    config.required("when session affinity type is ClientIP");
                } else if (seconds.number() <= 0 || seconds.number() > 86400) {
                    seconds.invalid("must be greater than 0 and less than 86400");
                }
            }
            case "None" -> {
                if (config.isSet()) {
                    config.forbidden("must not be set when session affinity is None");
                }
            }
            default -> affinity.notSupported(List.of("ClientIP", "None"));
        }
    }

    private static void checkNodePorts(Field spec, String type) {
        Set<String> nodePorts = new HashSet<>();
        Set<String> ports = new HashSet<>();
        for (Field port : spec.get("ports").items()) {
            if (type.equals("ClusterIP") && port.get("nodePort").number() != 0) {
                port.get("nodePort").forbidden("may not be used when `type` is 'ClusterIP'");
            }
        }
        for (Field port : spec.get("ports").items()) {
            String protocol = port.get("protocol").text();
            if (port.get("nodePort").number() != 0
                    && !nodePorts.add(protocol + port.get("nodePort").number())) {
                port.get("nodePort").duplicate();
            }
        }
        for (Field port : spec.get("ports").items()) {
            if (!ports.add(port.get("protocol").text() + port.get("port").number())) {
                ObjectNode key = Json.object();
                key.set("protocol", port.get("protocol").value());
                key.set("port", port.get("port").value());
                port.duplicate(GoShape.of("core.v1.ServicePort", key));
            }
        }
    }

    private static void checkBalancer(Field service, Field spec, String type) {
        boolean balancer = type.equals("LoadBalancer");
        // Messages write the field's name so.
        Field shown = Field.root(Json.object()
                .set(
                        "spec",
                        Json.object()
                                .set(
                                        "LoadBalancerSourceRanges",
                                        spec.get("loadBalancerSourceRanges").value())));
        Field ranges = shown.get("spec").get("LoadBalancerSourceRanges");
        String annotation = Meta.annotations(service.value()).get(RANGES_ANNOTATION);
        if (!ranges.isEmpty()) {
            if (!balancer) {
                ranges.forbidden(FOR_BALANCERS);
            }
            ranges.items().forEach(IpRules::range);
        } else if (annotation != null) {
            checkAnnotation(service.get("metadata").get("annotations").key(RANGES_ANNOTATION), annotation, balancer);
        }
        shown.causes().forEach(service::report);
        Field allocate = spec.get("allocateLoadBalancerNodePorts");
        if (allocate.isSet() && !balancer) {
            allocate.forbidden(FOR_BALANCERS);
        } else if (!allocate.isSet() && balancer) {
            allocate.required("");
        }
        Field name = spec.get("loadBalancerClass");
        if (name.isSet()) {
            if (balancer) {
                name.requireForm(NameRules::qualifiedName);
            } else {
                name.forbidden(FOR_BALANCERS);
            }
        }
    }

    private static void checkAnnotation(Field place, String value, boolean balancer) {
        if (!balancer) {
            place.forbidden(FOR_BALANCERS);
        }
        for (String part : value.isBlank() ? new String[0] : value.strip().split(",", -1)) {
            Field range = Field.root(Json.object().put("cidr", part.strip())).get("cidr");
            IpRules.range(range);
            range.causes()
                    .forEach(cause -> place.report(new io.jubernetes.apiserver.resource.ApiException.Cause(
                            cause.reason(), cause.message(), place.path())));
        }
    }

    private static void checkTraffic(Field spec, String type) {
        Field external = spec.get("externalTrafficPolicy");
        if (!ServiceFields.isExternallyAccessible(spec.value())) {
            if (!external.isEmpty()) {
                external.invalid("may only be set for externally-accessible services");
            }
        } else if (external.isEmpty()) {
            external.required("");
        } else {
            external.requireOneOf(TRAFFIC);
        }
        Field health = spec.get("healthCheckNodePort");
        if (!ServiceFields.needsHealthPort(spec.value())) {
            if (health.number() != 0) {
                health.invalid("may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
            }
        } else if (health.number() == 0) {
            health.required("");
        } else {
            PortRules.checkNumber(health);
        }
        Field internal = spec.get("internalTrafficPolicy");
        if (internal.isSet()) {
            internal.requireOneOf(TRAFFIC);
        } else if (!type.equals("ExternalName")) {
            internal.required("");
        }
        spec.get("trafficDistribution").requireOneOf(List.of("PreferClose", "PreferSameZone", "PreferSameNode"));
    }

    static void checkUpdate(Field service, Field old) {
        Field spec = service.get("spec");
        Field before = old.get("spec");
        ServiceAddressRules.checkUpdate(spec, before);
        Field name = spec.get("loadBalancerClass");
        boolean balancers = spec.get("type").text().equals("LoadBalancer")
                && before.get("type").text().equals("LoadBalancer");
        if (balancers
                && !Meta.same(name.value(), before.get("loadBalancerClass").value())) {
            JsonNode shown = name.value();
            name.invalid(
                    shown.isTextual() ? shown.textValue() : com.fasterxml.jackson.databind.node.NullNode.instance,
                    "may not change once set");
        }
        Field health = spec.get("healthCheckNodePort");
        if (ServiceFields.needsHealthPort(spec.value())
                && ServiceFields.needsHealthPort(before.value())
                && health.number() != before.get("healthCheckNodePort").number()) {
            health.forbidden("field is immutable");
        }
    }

    static void checkStatus(Field service) {
        Field points = service.get("status").get("loadBalancer").get("ingress");
        if (!points.isEmpty() && !service.get("spec").get("type").text().equals("LoadBalancer")) {
            points.forbidden("may only be used when `spec.type` is 'LoadBalancer'");
            return;
        }
        for (Field point : points.items()) {
            Field ip = point.get("ip");
            Field mode = point.get("ipMode");
            if (!ip.isEmpty()) {
                IpRules.address(ip);
                if (!mode.isSet()) {
                    mode.required("must be specified when `ip` is set");
                }
            }
            if (mode.isSet() && ip.isEmpty()) {
                mode.forbidden("may not be specified when `ip` is not set");
            } else {
                mode.requireOneOf(List.of("Proxy", "VIP"));
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
}
