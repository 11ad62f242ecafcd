package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.component.StartupException;
import java.util.Iterator;
import java.util.Set;

/// Checks of configuration trees, in the words of the API.
final class Fields {
    private Fields() {}

    /// @throws StartupException when an object has a field that does not exist: most likely it is misspelt
    static void check(JsonNode object, String path, Set<String> known) throws StartupException {
        for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                throw new StartupException(
                        "strict decoding error: unknown field \"" + (path.isEmpty() ? name : path + "." + name) + "\"");
            }
        }
    }

    static void require(boolean holds, String path, Object value, String message) throws StartupException {
        if (!holds) {
            throw new StartupException(path + ": Invalid value: " + value + ": " + message);
        }
    }
}
