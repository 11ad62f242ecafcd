package io.jubernetes.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/// The default roles and bindings, read from the table `roles.txt`.
final class BootstrapRoles {
    private static final String GROUP = "rbac.authorization.k8s.io";
    private static final Map<String, String> KINDS = Map.of(
            "CLUSTERROLE", "ClusterRole",
            "ROLE", "Role",
            "CLUSTERROLEBINDING", "ClusterRoleBinding",
            "ROLEBINDING", "RoleBinding");

    private BootstrapRoles() {}

    /// All objects of the table, each with kind, apiVersion and metadata.
    static List<ObjectNode> read() {
        List<ObjectNode> objects = new ArrayList<>();
        try (var in = Objects.requireNonNull(BootstrapRoles.class.getResourceAsStream("roles.txt"), "roles.txt");
                var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith("#") || line.isBlank()) {
                    continue;
                }
                String[] words = line.strip().split(" ");
                if (line.startsWith(" ")) {
                    rule((ArrayNode) objects.getLast().get("rules"), words);
                } else {
                    objects.add(object(words));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return objects;
    }

    private static ObjectNode object(String[] words) {
        String kind = Objects.requireNonNull(KINDS.get(words[0]), words[0]);
        ObjectNode object = Json.object();
        object.put("kind", kind).put("apiVersion", GROUP + "/v1");
        ObjectNode meta = object.putObject("metadata");
        int slash = words[1].indexOf('/');
        meta.put("name", words[1].substring(slash + 1));
        if (slash > 0) {
            meta.put("namespace", words[1].substring(0, slash));
        }
        meta.putObject("annotations").put("rbac.authorization.kubernetes.io/autoupdate", "true");
        ObjectNode labels = meta.putObject("labels");
        labels.put("kubernetes.io/bootstrapping", "rbac-defaults");
        if (kind.endsWith("Binding")) {
            binding(object, words);
            return object;
        }
        object.putArray("rules");
        for (int i = 2; i < words.length; i++) {
            int equal = words[i].indexOf('=');
            String value = words[i].substring(equal + 1);
            if (words[i].startsWith("label=")) {
                labels.put(key(value), value.substring(value.lastIndexOf(':') + 1));
            } else {
                ArrayNode selectors = object.putObject("aggregationRule").putArray("clusterRoleSelectors");
                for (String pair : value.split(",")) {
                    selectors
                            .addObject()
                            .putObject("matchLabels")
                            .put(key(pair), pair.substring(pair.lastIndexOf(':') + 1));
                }
            }
        }
        return object;
    }

    private static String key(String pair) {
        return pair.substring(0, pair.lastIndexOf(':'));
    }

    private static void binding(ObjectNode binding, String[] words) {
        String[] role = words[2].split("/", 2);
        binding.putObject("roleRef").put("apiGroup", GROUP).put("kind", role[0]).put("name", role[1]);
        ArrayNode subjects = Json.MAPPER.createArrayNode();
        for (int i = 3; i < words.length; i++) {
            String[] parts = words[i].split(":", 2);
            ObjectNode subject = subjects.addObject();
            if (parts[0].equals("serviceaccount")) {
                String[] names = parts[1].split("/", 2);
                subject.put("kind", "ServiceAccount").put("name", names[1]).put("namespace", names[0]);
            } else {
                subject.put("apiGroup", GROUP)
                        .put("kind", parts[0].substring(0, 1).toUpperCase(Locale.ROOT) + parts[0].substring(1))
                        .put("name", parts[1]);
            }
        }
        if (!subjects.isEmpty()) {
            binding.set("subjects", subjects);
        }
    }

    private static void rule(ArrayNode rules, String[] words) {
        ObjectNode rule = rules.addObject();
        boolean paths = words.length == 2;
        if (paths) {
            strings(rule, "nonResourceURLs", words[1]);
        } else {
            strings(rule, "apiGroups", words[1]);
            strings(rule, "resources", words[2]);
            if (words.length > 3) {
                strings(rule, "resourceNames", words[3].substring("names=".length()));
            }
        }
        strings(rule, "verbs", words[0]);
    }

    private static void strings(ObjectNode rule, String field, String values) {
        ArrayNode list = rule.putArray(field);
        for (String value : values.split(",")) {
            list.add(value.equals("core") ? "" : value);
        }
    }
}
