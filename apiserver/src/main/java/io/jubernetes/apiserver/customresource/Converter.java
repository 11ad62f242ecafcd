package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import java.util.List;

/// Turns objects of one version of a kind into another. Thread-safe.
@FunctionalInterface
interface Converter {
    /// All versions hold the same data under the same names.
    Converter RELABEL = (objects, apiVersion) -> {
        objects.forEach(object -> object.put("apiVersion", apiVersion));
        return objects;
    };

    /// Converts objects; those that are of the version already are passed through.
    ///
    /// @param objects the callee's own copies
    /// @return as many objects, in the same order
    /// @throws ApiException when an object cannot be converted
    List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion);
}
