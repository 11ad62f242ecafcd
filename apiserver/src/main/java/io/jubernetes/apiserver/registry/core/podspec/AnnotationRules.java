package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.codec.Json;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Annotations that say something about a pod: who made it, what its deletion costs, and the profiles that fields say
/// today.
final class AnnotationRules {
    static final String MIRROR = "kubernetes.io/config.mirror";
    static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
    static final String SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
    static final String SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
    static final String APPARMOR = "container.apparmor.security.beta.kubernetes.io/";
    private static final String MISMATCH = " in annotation and field must match";

    /// What the annotations are checked for.
    enum Moment {
        NEW_POD,
        TEMPLATE
    }

    private AnnotationRules() {}

    /// Reports malformed annotations.
    static void check(Field annotations, Field spec) {
        Map<String, String> all = new TreeMap<>(Meta.strings(annotations.value()));
        String mirror = all.get(MIRROR);
        if (mirror != null && spec.get("nodeName").isEmpty()) {
            annotations.key(MIRROR).invalid(mirror, "must set spec.nodeName if mirror pod annotation is set");
        }
        String cost = all.get(DELETION_COST);
        if (cost != null && !isInt32(cost)) {
            annotations.key(DELETION_COST).invalid(cost, "must be a 32bit integer");
        }
        if (all.containsKey(SECCOMP_POD)) {
            checkSeccomp(annotations.get(SECCOMP_POD));
        }
        all.keySet().stream()
                .filter(key -> key.startsWith(SECCOMP_CONTAINER))
                .forEach(key -> checkSeccomp(annotations.get(key)));
        all.forEach((key, value) -> {
            if (!key.startsWith(APPARMOR)) {
                return;
            }
            String container = key.substring(APPARMOR.length());
            if (!hasContainer(spec, container)) {
                annotations.key(key).invalid(container, "container not found");
            }
            boolean known = value.isEmpty()
                    || value.equals("runtime/default")
                    || value.equals("unconfined")
                    || value.startsWith("localhost/");
            if (!known) {
                annotations.key(key).invalid(value, "invalid AppArmor profile name: " + Json.text(value));
            }
        });
    }

    private static boolean isInt32(String text) {
        // As Go reads numbers: no plus sign, no leading zeros, no spaces.
        if (!text.matches("0|-?[1-9][0-9]{0,9}")) {
            return false;
        }
        long value = Long.parseLong(text);
        return value >= Integer.MIN_VALUE && value <= Integer.MAX_VALUE;
    }

    private static void checkSeccomp(Field annotation) {
        String profile = annotation.text();
        switch (profile) {
            case "runtime/default", "docker/default", "unconfined" -> {}
            default -> {
                if (profile.startsWith("localhost/")) {
                    String path = profile.substring("localhost/".length());
                    if (path.startsWith("/")) {
                        annotation.invalid(path, "must be a relative path");
                    }
                    if (PathRules.hasBackstep(path)) {
                        annotation.invalid(path, "must not contain '..'");
                    }
                } else {
                    annotation.invalid(profile, "must be a valid seccomp profile");
                }
            }
        }
    }

    private static boolean hasContainer(Field spec, String name) {
        return SpecScope.CONTAINER_LISTS.stream()
                .flatMap(list -> spec.get(list).items().stream())
                .anyMatch(container -> container.get("name").text().equals(name));
    }

    /// Reports fields that say something else than the annotation they took the place of.
    static void checkAgreement(Map<String, String> annotations, Field spec, Moment moment) {
        String pod = annotations.get(SECCOMP_POD);
        Field own = spec.get("securityContext").get("seccompProfile");
        if (pod != null && own.isSet()) {
            checkSeccompAgreement(pod, own);
        }
        for (String list : SpecScope.CONTAINER_LISTS) {
            for (Field container : spec.get(list).items()) {
                String annotation = annotations.get(
                        SECCOMP_CONTAINER + container.get("name").text());
                Field profile = container.get("securityContext").get("seccompProfile");
                if (annotation != null && profile.isSet()) {
                    checkSeccompAgreement(annotation, profile);
                }
            }
        }
        if (moment == Moment.NEW_POD && !spec.get("os").get("name").text().equals("windows")) {
            checkAppArmorAgreement(annotations, spec);
        }
    }

    private static void checkSeccompAgreement(String annotation, Field profile) {
        boolean agrees = switch (profile.get("type").text()) {
            case "Unconfined" -> annotation.equals("unconfined");
            case "RuntimeDefault" -> annotation.equals("runtime/default") || annotation.equals("docker/default");
            case "Localhost" -> annotation.startsWith("localhost/");
            default -> true;
        };
        if (!agrees) {
            profile.get("type").forbidden("seccomp type" + MISMATCH);
        } else if (profile.get("type").text().equals("Localhost") && !samePath(annotation, profile)) {
            profile.get("localhostProfile").forbidden("seccomp profile" + MISMATCH);
        }
    }

    private static boolean samePath(String annotation, Field profile) {
        Field local = profile.get("localhostProfile");
        return local.isSet() && local.text().equals(annotation.substring("localhost/".length()));
    }

    private static void checkAppArmorAgreement(Map<String, String> annotations, Field spec) {
        JsonNode podProfile = spec.value().path("securityContext").path("appArmorProfile");
        for (String list : SpecScope.CONTAINER_LISTS) {
            for (Field container : spec.get(list).items()) {
                String annotation =
                        annotations.get(APPARMOR + container.get("name").text());
                Field place = container.get("securityContext").get("appArmorProfile");
                JsonNode profile = place.isSet() ? place.value() : podProfile;
                if (annotation == null || !profile.isObject()) {
                    continue;
                }
                boolean agrees = switch (profile.path("type").asText("")) {
                    case "Unconfined" -> annotation.equals("unconfined");
                    case "RuntimeDefault" -> annotation.equals("runtime/default");
                    case "Localhost" -> annotation.startsWith("localhost/");
                    default -> true;
                };
                if (!agrees) {
                    place.get("type").forbidden("apparmor type" + MISMATCH);
                } else if (profile.path("type").asText("").equals("Localhost")
                        && !annotation.equals(
                                "localhost/" + profile.path("localhostProfile").asText(""))) {
                    place.get("localhostProfile").forbidden("apparmor profile" + MISMATCH);
                }
            }
        }
    }

    /// Reports changes of annotations that stand for what a pod is.
    static void checkUpdate(Field annotations, JsonNode old, Field spec) {
        Map<String, String> now = Meta.strings(annotations.value());
        Map<String, String> before = Meta.strings(old);
        new TreeMap<>(before).forEach((key, value) -> {
            if (!value.equals(now.get(key))) {
                report(annotations.key(key), key, "remove or update");
            }
        });
        for (String key : List.copyOf(new TreeMap<>(now).keySet())) {
            if (!before.containsKey(key)) {
                report(annotations.key(key), key, "add");
            }
        }
        check(annotations, spec);
    }

    private static void report(Field annotation, String key, String what) {
        if (key.startsWith(APPARMOR)) {
            annotation.forbidden("may not " + what + " AppArmor annotations");
        }
        if (key.equals(MIRROR)) {
            annotation.forbidden("may not " + what + " mirror pod annotation");
        }
    }
}
