package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.registry.core.podspec.DownwardRules.Use;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Environment variables and where their values come from.
final class EnvRules {
    private static final Pattern NAME = Pattern.compile("[ -<>-~]+");
    private static final String MALFORMED =
            "a valid environment variable name must consist only of printable ASCII characters other than '='";
    private static final Pattern KEY = Pattern.compile("[-._a-zA-Z0-9]+");
    private static final int MAX_KEY = 253;

    private EnvRules() {}

    static void check(Field variables, SpecScope scope) {
        Set<String> volumes = scope.volumes().keySet();
        for (Field variable : variables.items()) {
            if (variable.get("name").requireValue()) {
                checkName(variable.get("name"));
            }
            Field from = variable.get("valueFrom");
            if (from.isSet()) {
                checkValueFrom(from, !variable.get("value").isEmpty(), volumes);
            }
        }
    }

    private static void checkName(Field name) {
        if (!NAME.matcher(name.text()).matches()) {
            name.invalid(MALFORMED);
        }
    }

    private static void checkValueFrom(Field from, boolean hasValue, Set<String> volumes) {
        int sources = 0;
        if (from.get("fieldRef").isSet()) {
            sources++;
            DownwardRules.checkField(from.get("fieldRef"), Use.VARIABLE);
        }
        if (from.get("resourceFieldRef").isSet()) {
            sources++;
            DownwardRules.checkResource(from.get("resourceFieldRef"), Use.VARIABLE);
        }
        for (String reference : List.of("configMapKeyRef", "secretKeyRef")) {
            if (from.get(reference).isSet()) {
                sources++;
                checkKey(from.get(reference));
            }
        }
        if (from.get("fileKeyRef").isSet()) {
            sources++;
            checkFileKey(from.get("fileKeyRef"), volumes);
        }
        if (sources == 0) {
            from.invalid(
                    "",
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
        } else if (hasValue) {
            from.invalid("", "may not be specified when `value` is not empty");
        } else if (sources > 1) {
            from.invalid("", "may not have more than one field specified at a time");
        }
    }

    private static void checkKey(Field reference) {
        reference.get("name").requireForm(NameRules::subdomain);
        if (reference.get("key").requireValue()) {
            reference.get("key").requireForm(EnvRules::key);
        }
    }

    private static void checkFileKey(Field reference, Set<String> volumes) {
        if (reference.get("key").requireValue()) {
            checkName(reference.get("key"));
        }
        Field volume = reference.get("volumeName");
        if (volume.requireValue() && !volumes.contains(volume.text())) {
            volume.notFound();
        }
        if (reference.get("path").requireValue()) {
            PathRules.checkNotReserved(reference.get("path"));
        }
    }

    /// What is wrong with a key of a config map or a secret.
    private static List<String> key(String text) {
        List<String> problems = new ArrayList<>();
        if (text.length() > MAX_KEY) {
            problems.add(NameRules.maxLength(MAX_KEY, "characters"));
        }
        if (!KEY.matcher(text).matches()) {
            problems.add("a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',"
                    + "  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')");
        }
        if (text.equals(".")) {
            problems.add("must not be '.'");
        } else if (text.equals("..")) {
            problems.add("must not be '..'");
        } else if (text.startsWith("..")) {
            problems.add("must not start with '..'");
        }
        return problems;
    }

    static void checkFrom(Field sources) {
        for (Field source : sources.items()) {
            if (!source.get("prefix").isEmpty()) {
                checkName(source.get("prefix"));
            }
            int found = 0;
            for (String reference : List.of("configMapRef", "secretRef")) {
                if (source.get(reference).isSet()) {
                    found++;
                    Field name = source.get(reference).get("name");
                    if (name.requireValue()) {
                        String text = name.text();
                        // A trailing dash is let pass here, as for the beginnings of generated names.
                        name.invalid(NameRules.subdomain(text.endsWith("-") ? text + "a" : text));
                    }
                }
            }
            if (found == 0) {
                sources.invalid("", "must specify one of: `configMapRef` or `secretRef`");
            } else if (found > 1) {
                sources.invalid("", "may not have more than one field specified at a time");
            }
        }
    }
}
