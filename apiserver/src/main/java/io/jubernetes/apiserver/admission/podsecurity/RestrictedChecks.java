package io.jubernetes.apiserver.admission.podsecurity;

import static io.jubernetes.apiserver.admission.podsecurity.Standard.containers;
import static io.jubernetes.apiserver.admission.podsecurity.Standard.quoted;
import static io.jubernetes.apiserver.admission.podsecurity.Standard.setters;
import static io.jubernetes.apiserver.admission.podsecurity.Standard.sorted;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.podsecurity.Standard.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the restricted level asks for beyond baseline: the good practice for pods. Each check answers null when the
/// pod passes.
final class RestrictedChecks {
    private static final Set<String> VOLUMES = Set.of(
            "configMap",
            "csi",
            "downwardAPI",
            "emptyDir",
            "ephemeral",
            "image",
            "persistentVolumeClaim",
            "projected",
            "secret");

    private RestrictedChecks() {}

    static @Nullable String privilegeEscalation(Subject subject) {
        if (subject.exemptAsWindows()) {
            return null;
        }
        List<String> names = subject.where(container -> container
                .path("securityContext")
                .path("allowPrivilegeEscalation")
                .asBoolean(true));
        return setters(false, names, "must set securityContext.allowPrivilegeEscalation=false");
    }

    static @Nullable String capabilities(Subject subject) {
        if (subject.exemptAsWindows()) {
            return null;
        }
        List<String> details = new ArrayList<>();
        List<String> keeping = subject.where(container -> {
            for (JsonNode dropped :
                    container.path("securityContext").path("capabilities").path("drop")) {
                if (dropped.asText().equals("ALL")) {
                    return false;
                }
            }
            return true;
        });
        if (!keeping.isEmpty()) {
            details.add(containers(keeping) + " must set securityContext.capabilities.drop=[\"ALL\"]");
        }
        String added = BaselineChecks.added(subject, Set.of("NET_BIND_SERVICE"));
        if (added != null) {
            details.add(added);
        }
        return details.isEmpty() ? null : String.join("; ", details);
    }

    static @Nullable String volumes(Subject subject) {
        List<String> names = new ArrayList<>();
        List<String> types = new ArrayList<>();
        for (JsonNode volume : subject.spec().path("volumes")) {
            volume.fieldNames().forEachRemaining(field -> {
                if (!field.equals("name") && !VOLUMES.contains(field)) {
                    names.add(volume.path("name").asText(""));
                    types.add(field);
                }
            });
        }
        List<String> all = sorted(types);
        return names.isEmpty()
                ? null
                : (names.size() == 1 ? "volume " : "volumes ")
                        + quoted(names)
                        + (names.size() == 1 ? " uses" : " use")
                        + (all.size() == 1 ? " restricted volume type " : " restricted volume types ")
                        + quoted(all);
    }

    static @Nullable String nonRoot(Subject subject) {
        if (subject.hasOwnUsers()) {
            return null;
        }
        JsonNode pod = subject.security().path("runAsNonRoot");
        List<String> refusing = subject.where(container -> isFalse(nonRootOf(container)));
        String explicit = setters(isFalse(pod), refusing, "must not set securityContext.runAsNonRoot=false");
        if (explicit != null || pod.asBoolean(false)) {
            return explicit;
        }
        List<String> silent = subject.where(container -> !nonRootOf(container).asBoolean(false));
        return silent.isEmpty() ? null : "pod or " + containers(silent) + " must set securityContext.runAsNonRoot=true";
    }

    private static JsonNode nonRootOf(JsonNode container) {
        return container.path("securityContext").path("runAsNonRoot");
    }

    private static boolean isFalse(JsonNode value) {
        return value.isBoolean() && !value.asBoolean();
    }

    static @Nullable String rootUser(Subject subject) {
        if (subject.hasOwnUsers()) {
            return null;
        }
        List<String> names = subject.where(container -> isRoot(container.path("securityContext")));
        return setters(isRoot(subject.security()), names, "must not set runAsUser=0");
    }

    private static boolean isRoot(JsonNode security) {
        return security.path("runAsUser").isNumber()
                && security.path("runAsUser").asLong() == 0;
    }

    static @Nullable String seccomp(Subject subject) {
        if (subject.exemptAsWindows()) {
            return null;
        }
        String explicit = BaselineChecks.seccomp(subject);
        if (explicit != null || !typeOf(subject.security()).isEmpty()) {
            return explicit;
        }
        List<String> silent = subject.where(
                container -> typeOf(container.path("securityContext")).isEmpty());
        return silent.isEmpty()
                ? null
                : "pod or " + containers(silent)
                        + " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"";
    }

    private static String typeOf(JsonNode security) {
        return security.path("seccompProfile").path("type").asText("");
    }
}
