package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// What a client is warned of in a pod or a template that is accepted all the same.
public final class PodWarnings {
    private static final Map<String, String> LABELS = Map.of(
            "beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
            "beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead",
            "failure-domain.beta.kubernetes.io/region",
                    "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
            "failure-domain.beta.kubernetes.io/zone",
                    "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
            "beta.kubernetes.io/instance-type",
                    "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead");
    private static final Map<String, String> ANNOTATIONS = annotations();
    private static final Map<String, String> VOLUMES = volumes();

    private final Field spec;
    private final JsonNode meta;
    private final String metaPath;
    private final boolean template;
    private final List<String> warnings = new ArrayList<>();

    private PodWarnings(Field owner, boolean template) {
        this.spec = owner.get("spec");
        this.meta = owner.value().path("metadata");
        this.metaPath = owner.get("metadata").path();
        this.template = template;
    }

    private static Map<String, String> annotations() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put(
                "scheduler.alpha.kubernetes.io/critical-pod",
                "non-functional in v1.16+; use the \"priorityClassName\" field instead");
        all.put("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead");
        all.put(
                "security.alpha.kubernetes.io/unsafe-sysctls",
                "non-functional in v1.11+; use the \"sysctls\" field instead");
        return all;
    }

    private static Map<String, String> volumes() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+");
        all.put("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+");
        all.put("scaleIO", "deprecated in v1.16, non-functional in v1.22+");
        all.put("flocker", "deprecated in v1.22, non-functional in v1.25+");
        all.put("storageos", "deprecated in v1.22, non-functional in v1.25+");
        all.put("quobyte", "deprecated in v1.22, non-functional in v1.25+");
        all.put("glusterfs", "deprecated in v1.25, non-functional in v1.26+");
        all.put("cephfs", "deprecated in v1.28, non-functional in v1.31+");
        all.put("rbd", "deprecated in v1.28, non-functional in v1.31+");
        return all;
    }

    /// Warnings about a pod.
    public static List<String> ofPod(JsonNode pod) {
        return new PodWarnings(Field.root(pod), false).all();
    }

    /// Warnings about a workload's template.
    public static List<String> ofTemplate(Field template) {
        return new PodWarnings(template, true).all();
    }

    private List<String> all() {
        labels();
        ANNOTATIONS.forEach((key, text) -> {
            if (meta.path("annotations").has(key)) {
                warnings.add(annotation(key) + ": " + text);
            }
        });
        volumeTypes();
        tokenPaths();
        duplicates("hostAliases", "ip");
        duplicates("imagePullSecrets", "name");
        for (Field secret : spec.get("imagePullSecrets").items()) {
            if (secret.get("name").isEmpty()) {
                warnings.add(secret.get("name").path() + ": invalid empty name \"\"");
            }
        }
        for (String resource : List.of("memory", "ephemeral-storage")) {
            fraction(spec.get("overhead").key(resource));
        }
        seccompOfPod();
        eachContainer(this::container);
        ports();
        if (spec.get("terminationGracePeriodSeconds").number() < 0) {
            warnings.add(spec.get("terminationGracePeriodSeconds").path()
                    + ": must be >= 0; negative values are invalid and will be treated as 1");
        }
        affinitySelectors();
        return warnings;
    }

    private String annotation(String key) {
        return metaPath + ".annotations[" + key + "]";
    }

    private void eachContainer(java.util.function.Consumer<Field> action) {
        SpecScope.CONTAINER_LISTS.forEach(list -> spec.get(list).items().forEach(action));
    }

    private void labels() {
        new TreeSet<>(Meta.strings(spec.get("nodeSelector").value()).keySet()).forEach(key -> {
            if (LABELS.containsKey(key)) {
                warnings.add(spec.get("nodeSelector").key(key).path() + ": " + LABELS.get(key));
            }
        });
        Field affinity = spec.get("affinity").get("nodeAffinity");
        affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
                .get("nodeSelectorTerms")
                .items()
                .forEach(term -> term(term, false));
        affinity.get("preferredDuringSchedulingIgnoredDuringExecution")
                .items()
                .forEach(preferred -> term(preferred.get("preference"), true));
        for (Field constraint : spec.get("topologySpreadConstraints").items()) {
            Field key = constraint.get("topologyKey");
            if (LABELS.containsKey(key.text())) {
                warnings.add(key.path() + ": " + key.text() + " is " + LABELS.get(key.text()));
            }
            if (!constraint.get("labelSelector").isSet()) {
                warnings.add(
                        constraint.get("labelSelector").path() + ": a null labelSelector results in matching no pod");
            }
        }
    }

    private void term(Field term, boolean checkValues) {
        for (Field requirement : term.get("matchExpressions").items()) {
            Field key = requirement.get("key");
            if (LABELS.containsKey(key.text())) {
                warnings.add(key.path() + ": " + key.text() + " is " + LABELS.get(key.text()));
            }
            if (checkValues) {
                for (Field value : requirement.get("values").items()) {
                    NameRules.labelValue(value.text())
                            .forEach(problem ->
                                    warnings.add(value.path() + ": " + value.text() + " is invalid, " + problem));
                }
            }
        }
    }

    private void volumeTypes() {
        for (Field volume : spec.get("volumes").items()) {
            VOLUMES.forEach((type, text) -> {
                if (volume.get(type).isSet()) {
                    String shown = type.equals("storageos") ? "storageOS" : type;
                    warnings.add(volume.get(shown).path() + ": " + text);
                }
            });
            Field request = volume.get("ephemeral")
                    .get("volumeClaimTemplate")
                    .get("spec")
                    .get("resources")
                    .get("requests")
                    .key("storage");
            fraction(request);
        }
    }

    private void tokenPaths() {
        Set<String> tokens = new HashSet<>();
        for (Field volume : spec.get("volumes").items()) {
            for (Field source : volume.get("projected").get("sources").items()) {
                if (source.get("serviceAccountToken").isSet()) {
                    tokens.add(source.get("serviceAccountToken").get("path").text());
                }
            }
        }
        if (tokens.isEmpty()) {
            return;
        }
        for (Field volume : spec.get("volumes").items()) {
            String sources = volume.get("projected").get("sources").path();
            for (Field source : volume.get("projected").get("sources").items()) {
                tokenPaths(source.get("configMap").get("items"), sources + ".configMap", tokens);
                tokenPaths(source.get("secret").get("items"), sources + ".secrets", tokens);
                tokenPaths(source.get("downwardAPI").get("items"), sources + ".downwardAPI", tokens);
                Field bundle = source.get("clusterTrustBundle").get("path");
                if (bundle.isSet() && tokens.contains(bundle.text())) {
                    warnings.add(sources + ".ClusterTrustBundle: has duplicated path with ServiceAccountToken "
                            + Json.text(bundle.text()));
                }
            }
        }
    }

    private void tokenPaths(Field items, String shown, Set<String> tokens) {
        int index = 0;
        for (Field item : items.items()) {
            String path = item.get("path").text();
            if (tokens.contains(path)) {
                warnings.add(
                        shown + "[" + index + "]: has duplicated path with ServiceAccountToken " + Json.text(path));
            }
            index++;
        }
    }

    private void duplicates(String list, String field) {
        Set<String> seen = new HashSet<>();
        for (Field item : spec.get(list).items()) {
            String value = item.get(field).text();
            if (!seen.add(value)) {
                warnings.add(item.get(field).path() + ": duplicate " + field + " " + Json.text(value));
            }
        }
    }

    private void fraction(Field amount) {
        if (amount.isSet() && QuantityRules.amount(amount).toMilli() % 1000 != 0) {
            warnings.add(amount.path() + ": fractional byte value " + Json.text(amount.text())
                    + " is invalid, must be an integer");
        }
    }

    private void seccompOfPod() {
        boolean field = spec.get("securityContext").get("seccompProfile").isSet();
        if (!field && meta.path("annotations").has(AnnotationRules.SECCOMP_POD)) {
            warnings.add(annotation(AnnotationRules.SECCOMP_POD)
                    + ": non-functional in v1.27+; use the \"seccompProfile\" field instead");
        }
    }

    private void container(Field container) {
        Field context = container.get("securityContext");
        String name = container.get("name").text();
        String seccomp = AnnotationRules.SECCOMP_CONTAINER + name;
        if (!context.get("seccompProfile").isSet() && meta.path("annotations").has(seccomp)) {
            warnings.add(annotation(seccomp) + ": non-functional in v1.27+; use the \"seccompProfile\" field instead");
        }
        String appArmor = AnnotationRules.APPARMOR + name;
        boolean field = context.get("appArmorProfile").isSet()
                || spec.get("securityContext").get("appArmorProfile").isSet();
        if (template && !field && meta.path("annotations").has(appArmor)) {
            warnings.add(annotation(appArmor) + ": deprecated since v1.30; use the \"appArmorProfile\" field instead");
        }
        for (String resource : List.of("memory", "ephemeral-storage")) {
            for (String part : List.of("limits", "requests")) {
                fraction(container.get("resources").get(part).key(resource));
            }
        }
        environment(container.get("env"));
    }

    private void environment(Field variables) {
        Set<String> seen = new HashSet<>();
        for (Field variable : variables.items()) {
            String name = variable.get("name").text();
            if (seen.add(name)) {
                continue;
            }
            // A value that builds on the one before it is meant to follow it.
            String reference = "$(" + name + ")";
            String value = variable.get("value").text();
            if (variable.get("valueFrom").isSet() || value.equals(reference) || !value.contains(reference)) {
                warnings.add(variable.path() + ": hides previous definition of " + Json.text(name)
                        + ", which may be dropped when using apply");
            }
        }
    }

    private void ports() {
        Map<String, List<Field>> seen = new HashMap<>();
        eachContainer(container -> {
            for (Field port : container.get("ports").items()) {
                if (!port.get("hostIP").isEmpty() && port.get("hostPort").number() == 0) {
                    warnings.add(port.path() + ": hostIP set without hostPort: " + shown(port));
                }
                String key = port.get("containerPort").number() + "/"
                        + port.get("protocol").text();
                List<Field> others = seen.computeIfAbsent(key, _ -> new ArrayList<>());
                for (Field other : others) {
                    compare(port, other);
                }
                others.add(port);
            }
        });
    }

    private static String shown(Field port) {
        return "{Name:" + port.get("name").text() + " HostPort:"
                + port.get("hostPort").number() + " ContainerPort:"
                + port.get("containerPort").number() + " Protocol:"
                + port.get("protocol").text() + " HostIP:" + port.get("hostIP").text() + "}";
    }

    private void compare(Field port, Field other) {
        String ip = port.get("hostIP").text();
        String otherIp = other.get("hostIP").text();
        long host = port.get("hostPort").number();
        long otherHost = other.get("hostPort").number();
        if (ip.equals(otherIp) && host == otherHost) {
            warnings.add(port.path() + ": duplicate port definition with " + other.path());
        } else if (host == 0 || otherHost == 0) {
            warnings.add(port.path() + ": overlapping port definition with " + other.path());
        } else if (ip.isEmpty() != otherIp.isEmpty() && host == otherHost) {
            warnings.add(port.path() + ": dangerously ambiguous port definition with " + other.path());
        }
    }

    private void affinitySelectors() {
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            Field affinity = spec.get("affinity").get(kind);
            for (Field term : affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
                    .items()) {
                selector(term.get("labelSelector"));
            }
            for (Field term : affinity.get("preferredDuringSchedulingIgnoredDuringExecution")
                    .items()) {
                selector(term.get("podAffinityTerm").get("labelSelector"));
            }
        }
    }

    private void selector(Field selector) {
        if (!selector.isSet()) {
            warnings.add(selector.path() + ": a null labelSelector results in matching no pod");
        }
    }
}
