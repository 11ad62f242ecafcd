package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A refusal as the API answers it: a `Status` object with code, reason, message and details.
public final class ApiException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int code;
    private final transient ObjectNode status;

    private ApiException(int code, String reason, String message, @Nullable ObjectNode details) {
        super(message, null, false, false);
        this.code = code;
        status = Json.object();
        status.put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Failure").put("message", message);
        if (!reason.isEmpty()) {
            status.put("reason", reason);
        }
        if (details != null) {
            status.set("details", details);
        }
        status.put("code", code);
    }

    public int code() {
        return code;
    }

    /// The Status object.
    public ObjectNode status() {
        return status;
    }

    /// One reason why an object is invalid.
    ///
    /// @param reason `FieldValueInvalid` and the like
    /// @param message the cause's own message, such as `Invalid value: "x": must be …`
    /// @param field the path, such as `spec.containers[0].name`
    public record Cause(String reason, String message, String field) {
        public static Cause invalid(String field, Object value, String why) {
            return new Cause("FieldValueInvalid", "Invalid value: " + quoted(value) + ": " + why, field);
        }

        public static Cause required(String field, String why) {
            return new Cause("FieldValueRequired", "Required value" + suffix(why), field);
        }

        public static Cause forbidden(String field, String why) {
            return new Cause("FieldValueForbidden", "Forbidden" + suffix(why), field);
        }

        public static Cause duplicate(String field, Object value) {
            return new Cause("FieldValueDuplicate", "Duplicate value: " + quoted(value), field);
        }

        public static Cause notFound(String field, Object value) {
            return new Cause("FieldValueNotFound", "Not found: " + quoted(value), field);
        }

        public static Cause notSupported(String field, Object value, List<String> supported) {
            String values = supported.stream().map(Cause::quoted).collect(Collectors.joining(", "));
            return new Cause(
                    "FieldValueNotSupported",
                    "Unsupported value: " + quoted(value) + ": supported values: " + values,
                    field);
        }

        public static Cause tooLong(String field, int max) {
            return new Cause("FieldValueTooLong", "Too long: may not be more than " + max + " bytes", field);
        }

        private static String suffix(String why) {
            return why.isEmpty() ? "" : ": " + why;
        }

        /// A value as error messages show it: text in Go's quotes, everything else plain.
        private static String quoted(Object value) {
            return switch (value) {
                case String text -> Json.text(text);
                case com.fasterxml.jackson.databind.JsonNode node -> node.toString();
                default -> String.valueOf(value);
            };
        }
    }

    public static ApiException notFound(ApiResource resource, String name) {
        return notFound(resource.group(), resource.plural(), name);
    }

    public static ApiException notFound(String group, String plural, String name) {
        return new ApiException(
                404,
                "NotFound",
                qualified(group, plural) + " " + Json.text(name) + " not found",
                details(group, plural, name));
    }

    /// No such path.
    public static ApiException noSuchPath() {
        ObjectNode details = Json.object();
        return new ApiException(404, "NotFound", "the server could not find the requested resource", details);
    }

    public static ApiException alreadyExists(ApiResource resource, String name) {
        return new ApiException(
                409,
                "AlreadyExists",
                qualified(resource.group(), resource.plural()) + " " + Json.text(name) + " already exists",
                details(resource.group(), resource.plural(), name));
    }

    /// No free name was found for an object that is to be named by the server.
    public static ApiException nameNotGenerated(ApiResource resource, String name) {
        ObjectNode details = details(resource.group(), resource.plural(), name);
        details.put("retryAfterSeconds", 1);
        return new ApiException(
                409,
                "AlreadyExists",
                qualified(resource.group(), resource.plural()) + " " + Json.text(name)
                        + " already exists, the server was not able to generate a unique name for the object",
                details);
    }

    /// The object is not the one a precondition names.
    public static ApiException preconditionFailed(ApiResource resource, String name, String why) {
        return new ApiException(
                409,
                "Conflict",
                "Operation cannot be fulfilled on " + qualified(resource.kindGroup(), resource.kind()) + " "
                        + Json.text(name) + ": " + why,
                details(resource.kindGroup(), resource.kind(), name));
    }

    public static ApiException conflict(ApiResource resource, String name, String why) {
        return new ApiException(
                409,
                "Conflict",
                "Operation cannot be fulfilled on " + qualified(resource.group(), resource.plural()) + " "
                        + Json.text(name) + ": " + why,
                details(resource.group(), resource.plural(), name));
    }

    /// A conflict of server-side apply.
    public static ApiException applyConflict(String message, List<Cause> causes) {
        ObjectNode details = Json.object();
        addCauses(details, causes);
        return new ApiException(409, "Conflict", message, details);
    }

    /// The object breaks rules; all causes at once.
    ///
    /// @param group the kind's group, empty for the core
    public static ApiException invalid(String group, String kind, String name, List<Cause> causes) {
        String all = causes.stream()
                .map(cause -> cause.field() + ": " + cause.message())
                .distinct()
                .collect(Collectors.joining(", "));
        String listed = causes.stream()
                                .map(cause -> cause.field() + ": " + cause.message())
                                .distinct()
                                .count()
                        == 1
                ? all
                : "[" + all + "]";
        ObjectNode details = details(group, kind, name);
        addCauses(details, causes);
        return new ApiException(
                422, "Invalid", qualified(group, kind) + " " + Json.text(name) + " is invalid: " + listed, details);
    }

    private static void addCauses(ObjectNode details, List<Cause> causes) {
        ArrayNode list = details.putArray("causes");
        for (Cause cause : causes) {
            ObjectNode node = list.addObject();
            node.put("reason", cause.reason()).put("message", cause.message());
            if (!cause.field().isEmpty()) {
                node.put("field", cause.field());
            }
        }
    }

    public static ApiException badRequest(String message) {
        return new ApiException(400, "BadRequest", message, null);
    }

    public static ApiException unauthorized() {
        return new ApiException(401, "Unauthorized", "Unauthorized", null);
    }

    /// @param why the part of the message behind "is forbidden: "
    public static ApiException forbidden(String group, String plural, String name, String why) {
        String what = qualified(group, plural);
        String message = name.isEmpty()
                ? what + " is forbidden: " + why
                : what + " " + Json.text(name) + " is forbidden: " + why;
        ObjectNode details = details(group, plural, name);
        return new ApiException(403, "Forbidden", message, details);
    }

    public static ApiException forbiddenPath(String message) {
        return new ApiException(403, "Forbidden", message, Json.object());
    }

    public static ApiException methodNotAllowed(ApiResource resource, String action) {
        return new ApiException(
                405,
                "MethodNotAllowed",
                action + " is not supported on resources of kind \"" + qualified(resource.group(), resource.plural())
                        + "\"",
                details(resource.group(), resource.plural(), ""));
    }

    /// The method has no meaning on this path.
    public static ApiException noSuchMethod() {
        return new ApiException(
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
                Json.object());
    }

    public static ApiException notAcceptable(List<String> served) {
        return new ApiException(
                406,
                "NotAcceptable",
                "only the following media types are accepted: " + String.join(", ", served),
                null);
    }

    public static ApiException unsupportedMediaType(List<String> understood) {
        return new ApiException(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: "
                        + String.join(", ", understood),
                null);
    }

    public static ApiException expired(String message) {
        return new ApiException(410, "Expired", message, null);
    }

    public static ApiException tooLarge(String message) {
        return new ApiException(413, "RequestEntityTooLarge", message, null);
    }

    public static ApiException gatewayTimeout(String message) {
        return new ApiException(504, "Timeout", message, null);
    }

    public static ApiException unavailable(String message) {
        return new ApiException(503, "ServiceUnavailable", message, null);
    }

    /// A resource version that lies in the future; clients try again soon.
    public static ApiException futureRevision(long asked, long current) {
        ObjectNode details = Json.object();
        addCauses(details, List.of(new Cause("ResourceVersionTooLarge", "Too large resource version", "")));
        details.put("retryAfterSeconds", 1);
        return new ApiException(
                504, "Timeout", "Too large resource version: " + asked + ", current: " + current, details);
    }

    public static ApiException internal(String message) {
        ObjectNode details = Json.object();
        addCauses(details, List.of(new Cause("", message, "")));
        ((ObjectNode) details.path("causes").path(0)).remove("reason");
        return new ApiException(500, "InternalError", "Internal error occurred: " + message, details);
    }

    /// A plain failure without a reason, as upstream answers some programmer's errors.
    public static ApiException plain(int code, String message) {
        return new ApiException(code, "", message, null);
    }

    /// A Status of any code and reason.
    public static ApiException of(int code, String reason, String message, @Nullable ObjectNode details) {
        return new ApiException(code, reason, message, details);
    }

    private static String qualified(String group, String name) {
        return group.isEmpty() ? name : name + "." + group;
    }

    private static ObjectNode details(String group, String kind, String name) {
        ObjectNode details = Json.object();
        if (!name.isEmpty()) {
            details.put("name", name);
        }
        if (!group.isEmpty()) {
            details.put("group", group);
        }
        if (!kind.isEmpty()) {
            details.put("kind", kind);
        }
        return details;
    }
}
