package io.jubernetes.serviceproxy.ingress;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.HTTPIngressPath;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressBackend;
import io.fabric8.kubernetes.api.model.networking.v1.IngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.IngressServiceBackend;
import io.fabric8.kubernetes.api.model.networking.v1.IngressTLS;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceBackendPort;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.rules.ServiceRules;
import io.jubernetes.serviceproxy.rules.Target;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Makes one plan of all Ingresses. Where two want the same requests, the older one gets them. For one plan only.
final class IngressPlanner {
    private static final Comparator<IngressPlan.Route> ORDER = Comparator.comparing(IngressPlan.Route::host)
            .thenComparing(IngressPlan.Route::path)
            .thenComparing(IngressPlan.Route::exact);
    private static final Comparator<Ingress> AGE = Comparator.comparing((Ingress ingress) ->
                    Objects.requireNonNullElse(ingress.getMetadata().getCreationTimestamp(), ""))
            .thenComparing(ingress -> ObjectKey.of(ingress).toString());

    /// What the planner looks up.
    interface Cluster {
        Optional<Service> service(ObjectKey key);

        Collection<EndpointSlice> slices(ObjectKey service);

        Optional<Secret> secret(ObjectKey key);
    }

    /// Something an Ingress's owner should know.
    record Complaint(Ingress ingress, String reason, String message) {}

    /// @param complaints in the Ingresses' order
    record Result(IngressPlan plan, List<Complaint> complaints) {}

    private record Match(String host, String path, boolean exact) {}

    private final Cluster cluster;
    private final Map<Match, String> routes = new LinkedHashMap<>();
    private final Map<String, List<Target>> backends = new TreeMap<>();
    private final Map<String, IngressPlan.Certificate> certificates = new TreeMap<>();
    private final List<Complaint> complaints = new ArrayList<>();

    private IngressPlanner(Cluster cluster) {
        this.cluster = cluster;
    }

    /// The plan for some Ingresses.
    static Result plan(Collection<Ingress> ingresses, Cluster cluster) {
        var planner = new IngressPlanner(cluster);
        List<Ingress> byAge = ingresses.stream().sorted(AGE).toList();
        byAge.forEach(planner::rules);
        // A default is for what nobody's rules match, whoever came first.
        byAge.forEach(planner::defaults);
        byAge.forEach(planner::certificates);
        return new Result(
                new IngressPlan(
                        planner.routes.entrySet().stream()
                                .map(each -> new IngressPlan.Route(
                                        each.getKey().host(),
                                        each.getKey().path(),
                                        each.getKey().exact(),
                                        each.getValue()))
                                .sorted(ORDER)
                                .toList(),
                        planner.backends,
                        List.copyOf(planner.certificates.values())),
                planner.complaints);
    }

    private void rules(Ingress ingress) {
        for (IngressRule rule : rulesOf(ingress)) {
            if (rule.getHttp() == null) {
                continue;
            }
            for (HTTPIngressPath path : orEmpty(rule.getHttp().getPaths())) {
                String text = path.getPath() == null || path.getPath().isEmpty() ? "/" : path.getPath();
                if (!text.startsWith("/") || text.chars().anyMatch(c -> c <= ' ' || c == 127)) {
                    complain(ingress, "InvalidPath", "the path '" + text + "' cannot be served");
                    continue;
                }
                boolean exact = "Exact".equals(path.getPathType());
                // The end of a prefix is an element's, with or without the slash.
                String normal = exact || !text.endsWith("/") ? text : text.substring(0, text.length() - 1);
                backend(ingress, path.getBackend())
                        .ifPresent(name -> add(ingress, new Match(host(rule), normal, exact), name));
            }
        }
    }

    private void add(Ingress ingress, Match match, String backend) {
        String before = routes.putIfAbsent(match, backend);
        if (before != null && !before.equals(backend)) {
            complain(ingress, "Conflict", "an older Ingress serves %s%s already".formatted(match.host(), match.path()));
        }
    }

    private void defaults(Ingress ingress) {
        IngressBackend all = ingress.getSpec().getDefaultBackend();
        if (all == null) {
            return;
        }
        backend(ingress, all).ifPresent(name -> {
            routes.putIfAbsent(new Match("", "", false), name);
            rulesOf(ingress).forEach(rule -> routes.putIfAbsent(new Match(host(rule), "", false), name));
        });
    }

    private static String host(IngressRule rule) {
        return rule.getHost() == null ? "" : rule.getHost().toLowerCase(Locale.ROOT);
    }

    private static List<IngressRule> rulesOf(Ingress ingress) {
        return orEmpty(ingress.getSpec().getRules());
    }

    /// The backend's name; a Service without endpoints is one all the same.
    private Optional<String> backend(Ingress ingress, IngressBackend backend) {
        IngressServiceBackend wanted = backend.getService();
        if (wanted == null || wanted.getPort() == null) {
            complain(ingress, "UnsupportedBackend", "only Services can be backends");
            return Optional.empty();
        }
        var key = ObjectKey.of(ingress.getMetadata().getNamespace(), wanted.getName());
        ServiceBackendPort port = wanted.getPort();
        String name = key.namespace() + "_" + key.name() + "_"
                + (port.getNumber() == null ? port.getName() : port.getNumber().toString());
        if (!backends.containsKey(name)) {
            backends.put(name, targets(ingress, key, port));
        }
        return Optional.of(name);
    }

    private List<Target> targets(Ingress ingress, ObjectKey key, ServiceBackendPort wanted) {
        Optional<Service> service = cluster.service(key).filter(found -> found.getSpec() != null);
        if (service.isEmpty()) {
            complain(ingress, "ServiceNotFound", "the Service " + key.name() + " does not exist");
            return List.of();
        }
        if ("ExternalName".equals(service.get().getSpec().getType())) {
            complain(ingress, "UnsupportedBackend", "the Service " + key.name() + " is only an external name");
            return List.of();
        }
        for (ServicePort port : orEmpty(service.get().getSpec().getPorts())) {
            boolean found = wanted.getNumber() == null
                    ? Objects.equals(wanted.getName(), port.getName())
                    : wanted.getNumber().equals(port.getPort());
            if (found) {
                return ServiceRules.endpoints(port, cluster.slices(key));
            }
        }
        complain(ingress, "ServicePortNotFound", "the Service " + key.name() + " has no such port");
        return List.of();
    }

    private void certificates(Ingress ingress) {
        for (IngressTLS tls : orEmpty(ingress.getSpec().getTls())) {
            if (tls.getSecretName() == null || tls.getSecretName().isEmpty()) {
                continue;
            }
            var key = ObjectKey.of(ingress.getMetadata().getNamespace(), tls.getSecretName());
            Optional<Secret> secret = cluster.secret(key);
            if (secret.isEmpty()) {
                complain(ingress, "SecretNotFound", "there is no TLS Secret " + key.name());
                continue;
            }
            try {
                String pem = TlsSecret.pem(secret.get());
                String name = key.namespace() + "_" + key.name();
                certificates.merge(
                        name, new IngressPlan.Certificate(name, pem, hosts(ingress, tls)), IngressPlanner::both);
            } catch (TlsSecret.Unusable e) {
                complain(ingress, "InvalidSecret", "the Secret " + key.name() + " cannot be used: " + e.getMessage());
            }
        }
    }

    private static List<String> hosts(Ingress ingress, IngressTLS tls) {
        List<String> named = orEmpty(tls.getHosts());
        return (named.isEmpty()
                        ? rulesOf(ingress).stream().map(IngressPlanner::host)
                        : named.stream().map(host -> host.toLowerCase(Locale.ROOT)))
                .filter(host -> !host.isEmpty())
                .distinct()
                .sorted()
                .toList();
    }

    private static IngressPlan.Certificate both(IngressPlan.Certificate one, IngressPlan.Certificate other) {
        Set<String> hosts = new HashSet<>(one.hosts());
        hosts.addAll(other.hosts());
        return new IngressPlan.Certificate(
                one.name(), one.pem(), hosts.stream().sorted().toList());
    }

    private void complain(Ingress ingress, String reason, String message) {
        complaints.add(new Complaint(ingress, reason, message));
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
