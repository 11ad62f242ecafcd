package io.jubernetes.controllermanager.testing;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.controller.RawApi;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// What there is of one test in the cluster, without what differs between two equal ends: times,
/// versions, addresses, and names given by chance. A list means a set here.
final class Picture {
    private static final Set<String> LEFT_OUT = Set.of(
            "resourceVersion",
            "uid",
            "managedFields",
            "generation",
            "observedGeneration",
            "clusterIP",
            "clusterIPs",
            "nodePort",
            "token",
            "request",
            "certificate");
    private static final Pattern TIME =
            Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z|\\d{4}-\\d\\d-\\d\\d\\b");
    private static final Pattern UID =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|csi-[0-9a-f]{64}");
    private static final Pattern ADDRESS = Pattern.compile("\\b10\\.9\\.\\d+\\.\\d+\\b");
    private static final Pattern MINUTES = Pattern.compile("-\\d{8}\\b");

    private Picture() {}

    /// The lines of the picture, one an object, in order.
    ///
    /// @param name the test's namespace; with it begin also the names of its objects that are in none
    /// @param paths of what is looked at, such as `v1/pods` or `apps/v1/deployments`; what is in another
    ///     namespace is all seen by `v1/secrets@kube-system`
    static List<String> of(RawApi api, String name, List<String> paths) {
        var objects = new ArrayList<JsonNode>();
        var kinds = new ArrayList<String>();
        for (String path : paths) {
            int slash = path.lastIndexOf('/');
            int at = path.indexOf('@');
            String resource = path.substring(slash + 1, at < 0 ? path.length() : at);
            String namespace = at < 0 ? name : path.substring(at + 1);
            JsonNode list = api.get(RawApi.path(path.substring(0, slash), resource, "", ""));
            for (JsonNode object : list.path("items")) {
                JsonNode metadata = object.path("metadata");
                if (metadata.path("namespace").asText(namespace).equals(namespace)
                        && (metadata.has("namespace")
                                || metadata.path("name").asText().startsWith(name))) {
                    objects.add(object);
                    kinds.add(resource);
                }
            }
        }
        Map<String, String> aliases = aliases(objects);
        aliases.put(name, "NAME");
        return Stream.iterate(0, i -> i < objects.size(), i -> i + 1)
                .map(i -> kinds.get(i) + " " + text(objects.get(i), aliases))
                .sorted()
                .toList();
    }

    /// What stands for names that were given by chance.
    private static Map<String, String> aliases(List<JsonNode> objects) {
        var aliases = new HashMap<String, String>();
        for (JsonNode object : objects) {
            JsonNode metadata = object.path("metadata");
            String generated = metadata.path("generateName").asText("");
            if (!generated.isEmpty()) {
                aliases.put(metadata.path("name").asText(), generated + "*");
            }
        }
        return aliases;
    }

    private static String text(JsonNode node, Map<String, String> aliases) {
        if (node.isObject()) {
            var fields = new TreeMap<String, String>();
            node.properties().forEach(field -> {
                if (!LEFT_OUT.contains(field.getKey())) {
                    fields.put(plain(field.getKey(), aliases), text(field.getValue(), aliases));
                }
            });
            return fields.toString();
        }
        if (node.isArray()) {
            return Stream.iterate(0, i -> i < node.size(), i -> i + 1)
                    .map(i -> text(node.get(i), aliases))
                    .sorted()
                    .toList()
                    .toString();
        }
        return plain(node.asText(), aliases);
    }

    private static String plain(String text, Map<String, String> aliases) {
        String plain = text;
        for (Map.Entry<String, String> alias : aliases.entrySet()) {
            plain = plain.replace(alias.getKey(), alias.getValue());
        }
        plain = MINUTES.matcher(TIME.matcher(plain).replaceAll("TIME")).replaceAll("-MINUTES");
        plain = UID.matcher(plain).replaceAll("UID");
        return ADDRESS.matcher(plain).replaceAll("ADDRESS");
    }
}
