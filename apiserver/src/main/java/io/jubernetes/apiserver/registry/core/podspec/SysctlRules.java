package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.validation.Field;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Kernel settings of a pod.
final class SysctlRules {
    private static final String SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    private static final String NAME = "^(" + SEGMENT + "[\\./])*" + SEGMENT + "$";
    // Possessive, so that a long wrong name cannot make the matcher backtrack without end.
    private static final Pattern PATTERN =
            Pattern.compile("[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?+(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?+)*+");
    private static final int MAX_LENGTH = 253;
    private static final List<String> IPC_PREFIXES = List.of("kernel.shm", "kernel.msg", "fs.mqueue.");

    private SysctlRules() {}

    static void check(Field settings, SpecScope scope) {
        Set<String> names = new HashSet<>();
        for (Field setting : settings.items()) {
            Field name = setting.get("name");
            String text = name.text();
            if (text.isEmpty()) {
                name.required("");
            } else if (text.length() > MAX_LENGTH || !PATTERN.matcher(text).matches()) {
                name.invalid("must have at most " + MAX_LENGTH + " characters and match regex " + NAME);
            } else if (names.contains(text)) {
                name.duplicate();
            }
            if (!scope.leniency().hostSysctls()) {
                if (scope.hostNetwork() && isOfNetwork(text)) {
                    name.invalid("may not be specified when 'hostNetwork' is true");
                } else if (scope.spec().get("hostIPC").isTrue() && isOfIpc(text)) {
                    name.invalid("may not be specified when 'hostIPC' is true");
                }
            }
            names.add(text);
        }
    }

    private static String dotted(String name) {
        int dot = name.indexOf('.');
        int slash = name.indexOf('/');
        // With a slash as the first separator, dots and slashes mean each other.
        if (slash >= 0 && (dot < 0 || slash < dot)) {
            return name.replace('/', '\0').replace('.', '/').replace('\0', '.');
        }
        return name;
    }

    private static boolean isOfNetwork(String name) {
        return dotted(name).startsWith("net.");
    }

    private static boolean isOfIpc(String name) {
        String dotted = dotted(name);
        return dotted.equals("kernel.sem") || IPC_PREFIXES.stream().anyMatch(dotted::startsWith);
    }

    /// Whether a specification sets something of a namespace it shares with the host.
    static boolean usesHostNamespace(JsonNode spec) {
        for (JsonNode setting : spec.path("securityContext").path("sysctls")) {
            String name = setting.path("name").asText("");
            if (spec.path("hostNetwork").asBoolean(false) && isOfNetwork(name)
                    || spec.path("hostIPC").asBoolean(false) && isOfIpc(name)) {
                return true;
            }
        }
        return false;
    }
}
