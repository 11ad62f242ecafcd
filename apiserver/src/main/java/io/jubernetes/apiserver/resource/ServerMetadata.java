package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.common.codec.Json;
import java.security.SecureRandom;
import java.util.List;

/// The metadata that is the server's to decide: what a client may leave out, may only confirm, or must not touch.
public final class ServerMetadata {
    static final String MODIFIED =
            "the object has been modified; please apply your changes to the latest version and try again";
    private static final int MAX_GENERATED_BASE = 58;
    private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    private static final SecureRandom RANDOM = new SecureRandom();

    private ServerMetadata() {}

    /// Puts the request's namespace into an object, or takes it out of one that has none.
    ///
    /// @throws ApiException 400 when the object names another
    static void checkNamespace(ApiResource resource, String namespace, ObjectNode meta) {
        if (!resource.namespaced()) {
            meta.remove("namespace");
            return;
        }
        String own = meta.path("namespace").asText("");
        if (!own.isEmpty() && !own.equals(namespace)) {
            throw ApiException.badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request");
        }
        meta.put("namespace", namespace);
    }

    /// A name of a base, cut to fit, and five random letters.
    static String generatedName(String base) {
        var name = new StringBuilder(base.length() > MAX_GENERATED_BASE ? base.substring(0, MAX_GENERATED_BASE) : base);
        for (int i = 0; i < 5; i++) {
            name.append(SUFFIX_LETTERS.charAt(RANDOM.nextInt(SUFFIX_LETTERS.length())));
        }
        return name.toString();
    }

    /// Refuses a replacement that is meant for another object of the same name.
    ///
    /// @throws ApiException 409 when the uids differ
    public static void checkUid(ApiResource resource, String name, ObjectNode object, ObjectNode present) {
        String uid = Meta.uid(object);
        if (!uid.isEmpty() && !uid.equals(Meta.uid(present))) {
            throw ApiException.conflict(
                    resource,
                    name,
                    "StorageError: invalid object, Code: 4, Key: "
                            + resource.key(Meta.namespace(present), name)
                            + ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: "
                            + uid + ", UID in object meta: " + Meta.uid(present));
        }
    }

    /// Refuses an update of another state than the present one, or one that does not say of which where it must.
    ///
    /// @throws ApiException 409 when the object has changed since
    static void checkVersion(ApiResource resource, String name, ObjectNode meta, long revision) {
        String version = meta.path("resourceVersion").asText("");
        if (version.isEmpty()) {
            if (!UpdateRules.allowsUnconditional(resource)) {
                throw ApiException.invalid(
                        resource.group(),
                        resource.plural(),
                        name,
                        List.of(Cause.invalid("metadata.resourceVersion", 0, "must be specified for an update")));
            }
            return;
        }
        long expected;
        try {
            expected = Long.parseUnsignedLong(version);
        } catch (NumberFormatException e) {
            throw ApiException.plain(500, "strconv.ParseUint: parsing " + Json.text(version) + ": invalid syntax");
        }
        if (expected != 0 && expected != revision) {
            throw ApiException.conflict(resource, name, MODIFIED);
        }
    }

    /// Puts back what an update may leave out but not change.
    static void keep(ObjectNode object, ObjectNode old) {
        ObjectNode meta = Meta.of(object);
        ObjectNode before = Meta.of(old);
        for (String field : List.of("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")) {
            if (!meta.has(field) && before.has(field)) {
                meta.set(field, before.get(field));
            }
        }
        Strategy.restore(meta, before, "generation");
        Strategy.restore(meta, before, "creationTimestamp");
        if (before.hasNonNull("deletionTimestamp")) {
            // What is being deleted stays so, whatever a client says.
            Strategy.restore(meta, before, "deletionTimestamp");
        }
        meta.remove("selfLink");
        if (!meta.has("name")) {
            meta.set("name", before.get("name"));
        }
    }
}
