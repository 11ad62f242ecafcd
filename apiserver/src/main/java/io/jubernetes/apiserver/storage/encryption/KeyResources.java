package io.jubernetes.apiserver.storage.encryption;

import java.util.Map;

/// Tells the resource of a key in the store. Immutable.
///
/// @param root the start of all keys, with its slash
/// @param builtin the resources by the start of their keys, such as `/registry/secrets/`
public record KeyResources(String root, Map<String, String> builtin) {
    public KeyResources {
        builtin = Map.copyOf(builtin);
    }

    /// Such as `secrets` or `deployments.apps`; empty for a key that is no object's.
    public String of(String key) {
        if (!key.startsWith(root)) {
            return "";
        }
        int first = key.indexOf('/', root.length());
        int second = first < 0 ? -1 : key.indexOf('/', first + 1);
        for (int end : new int[] {second, first}) {
            String found = end < 0 ? null : builtin.get(key.substring(0, end + 1));
            if (found != null) {
                return found;
            }
        }
        // Custom resources lie below their group, whose name has a dot.
        boolean custom = second > 0 && key.substring(root.length(), first).indexOf('.') > 0;
        return custom ? key.substring(first + 1, second) + "." + key.substring(root.length(), first) : "";
    }
}
