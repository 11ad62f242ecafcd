package io.jubernetes.apiserver.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.resource.WriteOptions.FieldValidation;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.TypedDecoder;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes what a fresh cluster must hold, and puts back what is missing at each start. Roles and bindings
/// that are marked for it are brought up to date: rules and subjects they lack are added, what was added
/// to them stays.
public final class Bootstrap {
    private static final Logger LOG = LoggerFactory.getLogger(Bootstrap.class);
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration RACE = Duration.ofSeconds(3);
    private static final long RACE_POLL_NANOS = 50_000_000;
    private static final String AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

    private final ResourceCatalog catalog;
    private final ObjectStorage storage;
    private final ObjectService objects;

    public Bootstrap(ResourceCatalog catalog, ObjectStorage storage, ObjectService objects) {
        this.catalog = catalog;
        this.storage = storage;
        this.objects = objects;
    }

    /// How the API server itself is reached.
    ///
    /// @param serviceRanges `--service-cluster-ip-range`
    /// @param serviceIp the address of the `kubernetes` Service
    public record Cluster(List<String> serviceRanges, String serviceIp, String advertiseAddress, int securePort) {}

    /// Makes everything that is missing.
    public void run(Cluster cluster) {
        for (ObjectNode object : fixedObjects()) {
            ensure(object);
        }
        ObjectNode cidr = object("networking.k8s.io/v1", "ServiceCIDR", "", "kubernetes");
        ArrayNode cidrs = cidr.putObject("spec").putArray("cidrs");
        cluster.serviceRanges().forEach(cidrs::add);
        ensure(cidr);
        BootstrapRoles.read().forEach(this::reconcileRole);
        for (String apiVersion : catalog.groupVersions()) {
            ensure(apiService(apiVersion));
        }
        ensureKubernetesService(cluster);
        legacyTokenTracking();
    }

    /// Makes a namespace that is not there.
    public void namespace(String name) {
        ensure(object("v1", "Namespace", "", name));
    }

    /// Tokens in Secrets that were not used since the day this object names may be cleaned up.
    private void legacyTokenTracking() {
        String name = "kube-apiserver-legacy-service-account-token-tracking";
        ObjectNode tracking = object("v1", "ConfigMap", "kube-system", name);
        tracking.putObject("data").put("since", LocalDate.now(ZoneOffset.UTC).toString());
        ensure(tracking);
    }

    private static List<ObjectNode> fixedObjects() {
        List<ObjectNode> result = new ArrayList<>();
        try (var in = Objects.requireNonNull(Bootstrap.class.getResourceAsStream("objects.yaml"), "objects.yaml")) {
            for (JsonNode document : Yaml.readAll(new String(in.readAllBytes(), StandardCharsets.UTF_8))) {
                result.add((ObjectNode) document);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return result;
    }

    static ObjectNode object(String apiVersion, String kind, String namespace, String name) {
        ObjectNode object = Json.object();
        object.put("kind", kind).put("apiVersion", apiVersion);
        ObjectNode meta = object.putObject("metadata").put("name", name);
        if (!namespace.isEmpty()) {
            meta.put("namespace", namespace);
        }
        return object;
    }

    private static ObjectNode apiService(String apiVersion) {
        String group = ResourceCatalog.groupOf(apiVersion);
        String version = apiVersion.substring(apiVersion.indexOf('/') + 1);
        ObjectNode service = object("apiregistration.k8s.io/v1", "APIService", "", version + "." + group);
        Meta.child(Meta.of(service), "labels").put("kube-aggregator.kubernetes.io/automanaged", "onstart");
        ObjectNode spec = service.putObject("spec");
        if (!group.isEmpty()) {
            spec.put("group", group);
        }
        GroupPriority priority = GroupPriority.of(apiVersion);
        spec.put("version", version)
                .put("groupPriorityMinimum", priority.group())
                .put("versionPriority", priority.version());
        return service;
    }

    private static RequestContext context(ApiResource resource, String verb, ObjectNode object) {
        return resource.ownRequest(verb, Meta.namespace(object), Meta.name(object), Deadline.in(LIMIT));
    }

    private static final WriteOptions OPTIONS = new WriteOptions(false, "kube-apiserver", FieldValidation.STRICT);

    private ApiResource resourceOf(ObjectNode object) {
        return catalog.findKind(
                        object.path("apiVersion").asText(), object.path("kind").asText())
                .orElseThrow();
    }

    /// Creates the object if there is none of its name. Another server that starts may be making the
    /// same one: then what it has taken already, such as the Service's address, is in the way until its
    /// object is there.
    private void ensure(ObjectNode object) {
        ApiResource resource = resourceOf(object);
        String namespace = resource.namespaced() ? Meta.namespace(object) : "";
        Deadline race = Deadline.in(RACE);
        while (storage.latest(resource, namespace, Meta.name(object), Deadline.in(LIMIT))
                .isEmpty()) {
            try {
                ObjectNode decoded = new TypedDecoder().decode(resource.schema(), object);
                resource.strategy().applyDefaults(decoded);
                objects.create(context(resource, "create", object), resource, namespace, decoded, OPTIONS);
                return;
            } catch (DecodeException e) {
                throw new IllegalStateException(resource.kind() + " " + Meta.name(object) + ": " + e.getMessage(), e);
            } catch (ApiException e) {
                if (e.code() != 409 && race.isOver()) {
                    throw e;
                }
                LockSupport.parkNanos(RACE_POLL_NANOS);
            }
        }
    }

    private void reconcileRole(ObjectNode wanted) {
        ApiResource resource = resourceOf(wanted);
        String namespace = resource.namespaced() ? Meta.namespace(wanted) : "";
        var present = storage.latest(resource, namespace, Meta.name(wanted), Deadline.in(LIMIT));
        if (present.isEmpty()) {
            ensure(wanted);
            return;
        }
        ObjectNode object = present.get().object();
        boolean kept = "false".equals(Meta.annotations(object).get(AUTOUPDATE));
        String list = wanted.has("roleRef") ? "subjects" : "rules";
        List<JsonNode> missing = new ArrayList<>();
        for (JsonNode entry : wanted.path(list)) {
            boolean has = false;
            for (JsonNode existing : object.path(list)) {
                has |= existing.equals(entry);
            }
            if (!has) {
                missing.add(entry);
            }
        }
        if (kept || missing.isEmpty()) {
            return;
        }
        LOG.info("adding {} missing {} to {} {}", missing.size(), list, resource.kind(), Meta.name(wanted));
        objects.update(
                context(resource, "update", wanted),
                resource,
                namespace,
                Meta.name(wanted),
                "",
                current -> {
                    ArrayNode entries = current.get(list) instanceof ArrayNode array ? array : current.putArray(list);
                    missing.forEach(entries::add);
                    return current;
                },
                OPTIONS);
    }

    /// Makes the Service `default/kubernetes` if it is not there.
    void ensureKubernetesService(Cluster cluster) {
        ObjectNode service = object("v1", "Service", "default", "kubernetes");
        Meta.child(Meta.of(service), "labels").put("component", "apiserver").put("provider", "kubernetes");
        ObjectNode spec = service.putObject("spec");
        spec.put("clusterIP", cluster.serviceIp()).put("type", "ClusterIP");
        spec.putArray("ports")
                .addObject()
                .put("name", "https")
                .put("protocol", "TCP")
                .put("port", 443)
                .put("targetPort", cluster.securePort());
        ensure(service);
    }

    /// Makes the object, or gives the one that is there the same endpoints and ports.
    void replace(String apiVersion, String kind, ObjectNode wanted) {
        ApiResource resource = catalog.findKind(apiVersion, kind).orElseThrow();
        if (storage.latest(resource, "default", Meta.name(wanted), Deadline.in(LIMIT))
                .isEmpty()) {
            ensure(wanted);
            return;
        }
        objects.update(
                context(resource, "update", wanted),
                resource,
                "default",
                Meta.name(wanted),
                "",
                current -> {
                    for (String field : List.of("subsets", "endpoints", "ports", "addressType")) {
                        if (wanted.has(field)) {
                            current.set(field, wanted.get(field));
                        }
                    }
                    return current;
                },
                OPTIONS);
    }

    /// A group's place in discovery and its version's place within the group.
    private record GroupPriority(int group, int version) {
        private static final Map<String, Integer> GROUPS = new LinkedHashMap<>();

        static {
            GROUPS.put("", 18000);
            GROUPS.put("apps", 17800);
            GROUPS.put("events.k8s.io", 17750);
            GROUPS.put("authentication.k8s.io", 17700);
            GROUPS.put("authorization.k8s.io", 17600);
            GROUPS.put("autoscaling", 17500);
            GROUPS.put("batch", 17400);
            GROUPS.put("certificates.k8s.io", 17300);
            GROUPS.put("networking.k8s.io", 17200);
            GROUPS.put("policy", 17100);
            GROUPS.put("rbac.authorization.k8s.io", 17000);
            GROUPS.put("storage.k8s.io", 16800);
            GROUPS.put("apiextensions.k8s.io", 16700);
            GROUPS.put("admissionregistration.k8s.io", 16700);
            GROUPS.put("scheduling.k8s.io", 16600);
            GROUPS.put("coordination.k8s.io", 16500);
            GROUPS.put("node.k8s.io", 16300);
            GROUPS.put("discovery.k8s.io", 16200);
            GROUPS.put("resource.k8s.io", 16200);
            GROUPS.put("flowcontrol.apiserver.k8s.io", 16100);
        }

        static GroupPriority of(String apiVersion) {
            String group = ResourceCatalog.groupOf(apiVersion);
            int version = switch (apiVersion) {
                case "v1" -> 1;
                case "autoscaling/v2" -> 30;
                case "flowcontrol.apiserver.k8s.io/v1", "resource.k8s.io/v1" -> 21;
                default -> 15;
            };
            return new GroupPriority(GROUPS.getOrDefault(group, 1000), version);
        }
    }
}
