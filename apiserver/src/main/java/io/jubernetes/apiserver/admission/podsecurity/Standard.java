package io.jubernetes.apiserver.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The checks of the levels, in the order messages list them: those of baseline before those of restricted.
final class Standard {
    /// @param since the minor version the check came with
    /// @param restricted whether only the restricted level has it
    /// @param replaced whether a check of the restricted level takes its place there
    /// @param detail where and why a pod fails; null when it passes
    private record Check(String name, int since, boolean restricted, boolean replaced, Rule detail) {}

    /// Says where and why a pod fails; null when it passes.
    @FunctionalInterface
    private interface Rule {
        @Nullable
        String apply(Subject subject);
    }

    /// From this version on Linux settings are not asked of pods for Windows.
    private static final int WINDOWS_EXEMPT = 25;

    private static final List<Check> CHECKS = List.of(
            new Check("forbidden AppArmor profile", 0, false, false, BaselineChecks::appArmor),
            new Check("non-default capabilities", 0, false, true, BaselineChecks::capabilities),
            new Check("host namespaces", 0, false, false, BaselineChecks::hostNamespaces),
            new Check("hostPath volumes", 0, false, true, BaselineChecks::hostPaths),
            new Check("hostPort", 0, false, false, BaselineChecks::hostPorts),
            new Check("probe or lifecycle host", 34, false, false, BaselineChecks::probeHosts),
            new Check("privileged", 0, false, false, BaselineChecks::privileged),
            new Check("procMount", 0, false, false, BaselineChecks::procMount),
            new Check("seLinuxOptions", 0, false, false, BaselineChecks::seLinux),
            new Check("seccompProfile", 19, false, true, BaselineChecks::seccomp),
            new Check("forbidden sysctls", 0, false, false, BaselineChecks::sysctls),
            new Check("hostProcess", 0, false, false, BaselineChecks::hostProcess),
            new Check("allowPrivilegeEscalation != false", 8, true, false, RestrictedChecks::privilegeEscalation),
            new Check("unrestricted capabilities", 22, true, false, RestrictedChecks::capabilities),
            new Check("restricted volume types", 0, true, false, RestrictedChecks::volumes),
            new Check("runAsNonRoot != true", 0, true, false, RestrictedChecks::nonRoot),
            new Check("runAsUser=0", 23, true, false, RestrictedChecks::rootUser),
            new Check("seccompProfile", 19, true, false, RestrictedChecks::seccomp));

    private Standard() {}

    /// A pod under examination.
    record Subject(JsonNode pod, JsonNode spec, Level level, List<JsonNode> containers) {
        JsonNode security() {
            return spec.path("securityContext");
        }

        /// The names of the containers that a rule holds for, quoted.
        List<String> where(Function<JsonNode, Boolean> bad) {
            return containers.stream()
                    .filter(bad::apply)
                    .map(container -> quote(container.path("name").asText("")))
                    .toList();
        }

        /// Whether the pod is for Windows and the version exempts those.
        boolean exemptAsWindows() {
            return level.minor() >= WINDOWS_EXEMPT
                    && spec.path("os").path("name").asText("").equals("windows");
        }

        /// Whether root in the pod is nobody on the host and the version takes that into account.
        boolean hasOwnUsers() {
            return level.minor() >= 35
                    && spec.has("hostUsers")
                    && !spec.path("hostUsers").asBoolean(true);
        }
    }

    /// What of a level a pod or a pod template breaks.
    static List<Violation> violations(Level level, JsonNode pod) {
        List<Violation> found = new ArrayList<>();
        if (!level.isBaseline()) {
            return found;
        }
        JsonNode spec = pod.path("spec");
        List<JsonNode> containers = new ArrayList<>();
        for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
            spec.path(list).forEach(containers::add);
        }
        var subject = new Subject(pod, spec, level, containers);
        for (Check check : CHECKS) {
            boolean applies = level.isRestricted()
                    ? !check.replaced() || level.minor() < replacedSince(check)
                    : !check.restricted();
            if (applies && level.minor() >= check.since()) {
                String detail = check.detail().apply(subject);
                if (detail != null) {
                    found.add(new Violation(check.name(), detail));
                }
            }
        }
        return found;
    }

    private static int replacedSince(Check check) {
        return check.name().endsWith("capabilities") ? 22 : 0;
    }

    static String quote(String text) {
        return '"' + text + '"';
    }

    static String quoted(List<String> texts) {
        return texts.stream().map(Standard::quote).collect(Collectors.joining(", "));
    }

    /// `container "a"` or `containers "a", "b"`.
    static String containers(List<String> names) {
        return (names.size() == 1 ? "container " : "containers ") + String.join(", ", names);
    }

    /// The values of a list that are allowed nowhere, sorted and once each.
    static List<String> sorted(List<String> values) {
        return values.stream().distinct().sorted().toList();
    }

    /// A detail about the pod's own setting and those of containers; null when there are none.
    static @Nullable String setters(boolean pod, List<String> names, String what) {
        List<String> setters = new ArrayList<>();
        if (pod) {
            setters.add("pod");
        }
        if (!names.isEmpty()) {
            setters.add(containers(names));
        }
        return setters.isEmpty() ? null : String.join(" and ", setters) + " " + what;
    }
}
