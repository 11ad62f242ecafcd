package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.common.codec.Json;
import java.util.Optional;

/// Compares the kind and version that a body names with those of the resource it is sent to.
final class TypeCheck {
    private TypeCheck() {}

    /// Refuses a body that is about something else; one that names nothing is taken for what is wanted.
    ///
    /// @throws ApiException 400 that says what the body cannot be handled as
    static void check(ApiResource resource, ObjectNode body) {
        String kind = body.path("kind").asText("");
        String apiVersion = body.path("apiVersion").asText("");
        Optional<String> problem = problem(resource, kind, apiVersion);
        if (problem.isEmpty()) {
            return;
        }
        String found = kind.isEmpty() ? resource.kind() : kind;
        String version = apiVersion.isEmpty() ? resource.apiVersion() : apiVersion;
        if (found.equals(resource.kind()) && (resource.isCustom() || isOtherVersion(resource, found, version))) {
            throw ApiException.badRequest("the API version in the data (" + version
                    + ") does not match the expected API version (" + resource.apiVersion() + ")");
        }
        throw ApiException.badRequest(found + " in version " + Json.text(version.substring(version.indexOf('/') + 1))
                + " cannot be handled as a " + resource.kind() + ": " + problem.get());
    }

    private static boolean isOtherVersion(ApiResource resource, String kind, String version) {
        int slash = version.indexOf('/');
        String group = slash < 0 ? "" : version.substring(0, slash);
        return group.equals(resource.group())
                && BuiltinResources.findSchema(version, kind).isPresent();
    }

    /// Why a body cannot be converted into the resource's kind; empty when it can.
    static Optional<String> problem(ApiResource resource, String kind, String apiVersion) {
        String found = kind.isEmpty() ? resource.kind() : kind;
        String version = apiVersion.isEmpty() ? resource.apiVersion() : apiVersion;
        if (found.equals(resource.kind()) && version.equals(resource.apiVersion())) {
            return Optional.empty();
        }
        boolean known = BuiltinResources.findSchema(version, found).isPresent()
                || found.endsWith("List")
                        && BuiltinResources.findSchema(version, found.substring(0, found.length() - 4))
                                .isPresent();
        return Optional.of(
                known
                        ? "converting (" + version.substring(version.indexOf('/') + 1) + "." + found + ") to ("
                                + internalName(resource, resource.kind()) + "): unknown conversion"
                        : "no kind " + Json.text(found) + " is registered for version " + Json.text(version)
                                + " in scheme \"pkg/api/legacyscheme/scheme.go:30\"");
    }

    /// A kind as messages name its type.
    static String internalName(ApiResource resource, String kind) {
        String group = resource.group().isEmpty() ? "core" : resource.group().split("\\.")[0];
        return group + "." + kind;
    }
}
