package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Access modes of volumes in the short form of table cells: `RWO,ROX`.
final class AccessModes {
    private static final List<String> ORDER =
            List.of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod");
    private static final Map<String, String> SHORT =
            Map.of("ReadWriteOnce", "RWO", "ReadOnlyMany", "ROX", "ReadWriteMany", "RWX", "ReadWriteOncePod", "RWOP");

    private AccessModes() {}

    static String text(JsonNode modes) {
        List<String> present = new ArrayList<>();
        modes.forEach(mode -> present.add(mode.asText()));
        List<String> shown = new ArrayList<>();
        for (String mode : ORDER) {
            if (present.contains(mode)) {
                shown.add(SHORT.getOrDefault(mode, mode));
            }
        }
        return String.join(",", shown);
    }
}
