package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.patch.JsonPatch;
import io.jubernetes.apiserver.patch.MergePatch;
import io.jubernetes.apiserver.patch.PatchException;
import io.jubernetes.apiserver.patch.StrategicMergePatch;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.DeleteOptions;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.Cursor;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.apiserver.watchcache.Snapshot;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import reactor.core.publisher.Flux;

/// Carries out the verbs on stored resources: the part of the REST API that is the same for every kind.
final class ResourceHandler {
    private static final Duration MIN_WATCH = Duration.ofMinutes(30);
    private static final Duration REVISION_WAIT = Duration.ofSeconds(3);
    private static final List<String> PATCH_TYPES = List.of(
            "application/json-patch+json",
            "application/merge-patch+json",
            "application/strategic-merge-patch+json",
            "application/apply-patch+yaml",
            "application/apply-patch+cbor");

    private final ObjectStorage storage;
    private final ObjectService objects;
    private final ObjectDeletion deletion;
    private final ServerSideApply apply;
    private final ListReader lists;
    private final Clock clock;

    ResourceHandler(ObjectStorage storage, ObjectService objects, ObjectDeletion deletion, Clock clock) {
        this.storage = storage;
        this.objects = objects;
        this.deletion = deletion;
        this.apply = new ServerSideApply(objects, clock);
        this.lists = new ListReader(storage);
        this.clock = clock;
    }

    /// Carries out a request for the resource itself or its `status`.
    Reply handle(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        String method = call.request().getMethod().name();
        if (!resource.verbs().contains(info.verb()) && info.subresource().isEmpty()) {
            throw ApiException.noSuchMethod();
        }
        return switch (info.verb()) {
            case "get" -> get(call, resource);
            case "list" -> list(call, resource);
            case "watch" -> watch(call, resource);
            case "create" -> create(call, resource);
            case "update" -> update(call, resource);
            case "patch" -> patch(call, resource);
            case "delete" -> delete(call, resource);
            case "deletecollection" -> deleteCollection(call, resource);
            default -> throw ApiException.methodNotAllowed(resource, method.toLowerCase(Locale.ROOT));
        };
    }

    static String storedNamespace(ApiResource resource, RequestInfo info) {
        return resource.namespaced() ? info.namespace() : "";
    }

    private Reply get(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        ObjectFormat format = new ObjectFormat(resource, call.format(false), clock);
        CachedObject object =
                read(call.context(), resource, info.name(), call.query().text("resourceVersion"));
        if (format.isPlain()) {
            return new Reply.Bytes(200, Reply.JSON, format.json(object), Map.of());
        }
        return format.one(200, format.tree(object), call.query().text("includeObject"));
    }

    private CachedObject read(RequestContext context, ApiResource resource, String name, String resourceVersion) {
        ResourceCache cache = storage.cache(resource);
        Snapshot snapshot;
        if (resourceVersion.isEmpty()) {
            snapshot = cache.latest(context.deadline());
        } else {
            long revision = ListReader.revision(resourceVersion);
            try {
                snapshot = revision == 0
                        ? cache.snapshot()
                        : cache.notOlderThan(revision, context.deadline().atMost(REVISION_WAIT));
            } catch (StoreException.FutureRevision e) {
                throw ApiException.futureRevision(revision, e.current());
            }
        }
        return snapshot.get(resource.key(storedNamespace(resource, context.info()), name))
                .orElseThrow(() -> ApiException.notFound(resource, name));
    }

    private Reply list(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        ObjectFormat format = new ObjectFormat(resource, call.format(false), clock);
        ListReader.Request request =
                ListReader.request(resource, storedNamespace(resource, info), info.name(), call.query());
        ListReader.Page page = lists.page(call.context(), resource, request);
        return lists.answer(resource, page, format, call.query().text("includeObject"));
    }

    private Reply watch(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        Query query = call.query();
        ObjectFormat format = new ObjectFormat(resource, call.format(true), clock);
        ListReader.Request selection =
                ListReader.request(resource, storedNamespace(resource, info), info.name(), query);
        boolean bookmarks = query.flag("allowWatchBookmarks");
        boolean initial = query.flag("sendInitialEvents");
        checkInitialEvents(query);
        Duration timeout = timeout(query);
        ResourceCache cache = storage.cache(resource);
        String prefix = resource.keyPrefix(selection.namespace());
        String version = selection.resourceVersion();
        long after;
        Iterator<CachedObject> first = Collections.emptyIterator();
        try {
            boolean fromNow = query.has("sendInitialEvents") && !initial && (version.isEmpty() || version.equals("0"));
            if (initial || version.isEmpty() || version.equals("0")) {
                Snapshot snapshot = version.equals("0")
                        ? cache.snapshot()
                        : version.isEmpty()
                                ? cache.latest(call.context().deadline())
                                : cache.notOlderThan(
                                        ListReader.revision(version),
                                        call.context().deadline().atMost(REVISION_WAIT));
                after = snapshot.revision();
                if (!fromNow) {
                    first = snapshot.range(prefix, null);
                }
            } else {
                after = ListReader.revision(version);
            }
            Cursor cursor = cache.watch(prefix, after);
            var plan = new WatchStream.Plan(
                    selection, first, after, bookmarks, initial, timeout, query.text("includeObject"));
            var stream = new WatchStream(resource, cursor, plan, format);
            return watchReply(call, format, stream);
        } catch (StoreException.Compacted e) {
            ApiException gone = ApiException.expired("too old resource version: " + version + " (" + e.oldest() + ")");
            return watchReply(call, format, Flux.just(WatchStream.error(gone)));
        } catch (StoreException.FutureRevision e) {
            throw ApiException.futureRevision(ListReader.revision(version), e.current());
        }
    }

    private static Reply watchReply(Call call, ObjectFormat format, Flux<byte[]> parts) {
        return WebSocketWatch.isWanted(call)
                ? new Reply.Takeover(exchange -> WebSocketWatch.serve(exchange, parts))
                : new Reply.Stream(200, format.media().encoding().contentType(), parts, true);
    }

    private static void checkInitialEvents(Query query) {
        String match = query.text("resourceVersionMatch");
        if (query.has("sendInitialEvents") && !match.equals("NotOlderThan")) {
            throw ApiException.invalid(
                    "meta.k8s.io",
                    "ListOptions",
                    "",
                    List.of(Cause.forbidden(
                            "resourceVersionMatch",
                            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")));
        }
        if (!query.has("sendInitialEvents") && !match.isEmpty()) {
            throw ApiException.invalid(
                    "meta.k8s.io",
                    "ListOptions",
                    "",
                    List.of(Cause.forbidden(
                            "resourceVersionMatch",
                            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")));
        }
    }

    private static Duration timeout(Query query) {
        Long seconds = query.number("timeoutSeconds");
        if (seconds != null && seconds > 0) {
            return Duration.ofSeconds(Math.min(seconds, 24 * 3600));
        }
        return MIN_WATCH.plusSeconds(ThreadLocalRandom.current().nextLong(MIN_WATCH.toSeconds()));
    }

    private Reply create(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        MediaFormat media = call.format(false);
        WriteOptions options =
                call.query().writeOptions("CreateOptions", call.context().userAgent());
        ObjectNode object = decodeBody(call, resource, options);
        ObjectNode stored = objects.create(
                call.context(),
                resource,
                storedNamespace(resource, info),
                resource.strategy().toStorage(object),
                options);
        return new ObjectFormat(resource, media, clock).one(201, shown(resource, stored), "");
    }

    static ObjectNode shown(ApiResource resource, ObjectNode stored) {
        return resource.strategy().fromStorage(stored, resource.apiVersion());
    }

    static ObjectNode decodeBody(Call call, ApiResource resource, WriteOptions options) {
        BodyReader.Parsed parsed = BodyReader.object(call.body(), call.contentType(), resource.schema());
        checkType(resource, parsed.object());
        parsed.object().put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
        ObjectNode object = BodyReader.decode(
                call.context(), resource.schema(), resource.kind(), parsed, options, resource.version());
        resource.strategy().applyDefaults(object);
        return object;
    }

    private static void checkType(ApiResource resource, ObjectNode object) {
        String kind = object.path("kind").asText("");
        String apiVersion = object.path("apiVersion").asText("");
        if (kind.isEmpty() && apiVersion.isEmpty()) {
            return;
        }
        String wantedKind = kind.isEmpty() ? resource.kind() : kind;
        String wantedVersion = apiVersion.isEmpty() ? resource.apiVersion() : apiVersion;
        if (!wantedKind.equals(resource.kind()) || !wantedVersion.equals(resource.apiVersion())) {
            throw ApiException.badRequest(wantedKind + " in version "
                    + Json.text(wantedVersion.substring(wantedVersion.indexOf('/') + 1))
                    + " cannot be handled as a " + resource.kind() + ": no kind " + Json.text(wantedKind)
                    + " is registered for version " + Json.text(wantedVersion)
                    + " in scheme \"pkg/api/legacyscheme/scheme.go:30\"");
        }
    }

    private Reply update(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        MediaFormat media = call.format(false);
        WriteOptions options =
                call.query().writeOptions("UpdateOptions", call.context().userAgent());
        ObjectNode object = decodeBody(call, resource, options);
        checkName(info, object);
        ObjectService.Updated updated = objects.update(
                call.context(),
                resource,
                storedNamespace(resource, info),
                info.name(),
                info.subresource(),
                _ -> resource.strategy().toStorage(object.deepCopy()),
                options);
        return new ObjectFormat(resource, media, clock)
                .one(updated.created() ? 201 : 200, shown(resource, updated.object()), "");
    }

    static void checkName(RequestInfo info, ObjectNode object) {
        String name = Meta.name(object);
        if (name.isEmpty()) {
            throw ApiException.badRequest("the name of the object (" + info.name()
                    + " based on URL) was undeterminable: name must be provided");
        }
        if (!name.equals(info.name())) {
            throw ApiException.badRequest(
                    "the name of the object (" + name + ") does not match the name on the URL (" + info.name() + ")");
        }
        String namespace = Meta.namespace(object);
        if (!namespace.isEmpty() && !namespace.equals(info.namespace())) {
            throw ApiException.badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    private Reply patch(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        MediaFormat media = call.format(false);
        WriteOptions options =
                call.query().writeOptions("PatchOptions", call.context().userAgent());
        String type = call.contentType() == null
                ? ""
                : call.contentType().split(";")[0].strip().toLowerCase(Locale.ROOT);
        ServerSideApply.checkOptions(call, type.equals(ServerSideApply.TYPE));
        if (type.equals(ServerSideApply.TYPE)) {
            ObjectService.Updated applied = apply.apply(call, resource, options);
            return new ObjectFormat(resource, media, clock)
                    .one(applied.created() ? 201 : 200, shown(resource, applied.object()), "");
        }
        ObjectService.Change change = switch (type) {
            case "application/json-patch+json" -> jsonPatch(call, resource, options);
            case "application/merge-patch+json" -> {
                ObjectNode patch = patchObject(call);
                yield present -> decoded(call, resource, MergePatch.apply(shown(resource, present), patch), options);
            }
            case "application/strategic-merge-patch+json" -> {
                ObjectNode patch = patchObject(call);
                yield present -> {
                    try {
                        return decoded(
                                call,
                                resource,
                                StrategicMergePatch.apply(resource.schema(), shown(resource, present), patch),
                                options);
                    } catch (PatchException e) {
                        throw refused(e);
                    }
                };
            }
            default -> throw ApiException.unsupportedMediaType(PATCH_TYPES);
        };
        ObjectService.Updated updated = objects.update(
                call.context(),
                resource,
                storedNamespace(resource, info),
                info.name(),
                info.subresource(),
                change,
                options);
        return new ObjectFormat(resource, media, clock).one(200, shown(resource, updated.object()), "");
    }

    private static ObjectNode patchObject(Call call) {
        JsonNode patch = patchTree(call);
        if (patch instanceof ObjectNode object) {
            return object;
        }
        String found = switch (patch.getNodeType()) {
            case ARRAY -> "array";
            case NUMBER -> "number";
            case BOOLEAN -> "bool";
            default -> "string";
        };
        throw ApiException.badRequest("error decoding patch: json: cannot unmarshal " + found
                + " into Go value of type map[string]interface {}");
    }

    private static JsonNode patchTree(Call call) {
        try {
            return Json.read(call.body());
        } catch (IOException e) {
            throw ApiException.badRequest("error decoding patch: "
                    + (e instanceof com.fasterxml.jackson.core.JsonProcessingException json
                            ? json.getOriginalMessage()
                            : e.getMessage()));
        }
    }

    private static ObjectService.Change jsonPatch(Call call, ApiResource resource, WriteOptions options) {
        JsonNode patch = patchTree(call);
        if (!(patch instanceof ArrayNode operations)) {
            throw ApiException.badRequest(
                    "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp");
        }
        if (operations.size() > JsonPatch.MAX_OPERATIONS) {
            throw ApiException.tooLarge("The allowed maximum operations in a JSON patch is " + JsonPatch.MAX_OPERATIONS
                    + ", got " + operations.size());
        }
        return present -> {
            JsonNode patched;
            try {
                patched = JsonPatch.apply(shown(resource, present), operations);
            } catch (PatchException e) {
                throw refused(e);
            }
            if (!(patched instanceof ObjectNode object)) {
                throw ApiException.badRequest("the patched value is not an object");
            }
            return decoded(call, resource, object, options);
        };
    }

    static ObjectNode decoded(Call call, ApiResource resource, ObjectNode patched, WriteOptions options) {
        if (patched.path("metadata").path("managedFields") instanceof ArrayNode fields && fields.isEmpty()) {
            // Decoding drops empty lists; a patch that empties this one means to reset it, which one empty entry says.
            fields.addObject();
        }
        ObjectNode object;
        try {
            object = BodyReader.decode(
                    call.context(),
                    resource.schema(),
                    resource.kind(),
                    new BodyReader.Parsed(patched, List.of()),
                    options,
                    resource.version());
        } catch (ApiException e) {
            throw patchFailed(e, patched);
        }
        object.put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
        resource.strategy().applyDefaults(object);
        return resource.strategy().toStorage(object);
    }

    private static ApiException patchFailed(ApiException failure, ObjectNode patched) {
        String message = String.valueOf(failure.getMessage());
        int reason = message.indexOf(": ");
        String why = reason < 0 ? message : message.substring(reason + 2);
        return ApiException.invalid("", "", "", List.of(Cause.invalid("patch", patched.toString(), why)));
    }

    private static ApiException refused(PatchException failure) {
        String message = String.valueOf(failure.getMessage());
        return switch (failure.problem()) {
            case MALFORMED -> ApiException.badRequest(message);
            case UNPROCESSABLE ->
                ApiException.of(
                        422,
                        "Invalid",
                        "the server rejected our request due to an error in our request",
                        Json.object());
        };
    }

    private Reply delete(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        DeleteOptions options = DeleteOptionsReader.read(call);
        ObjectDeletion.Deleted deleted =
                deletion.delete(call.context(), resource, storedNamespace(resource, info), info.name(), options);
        MediaFormat media = call.format(false);
        if (!deleted.gone() || resource.strategy().returnsDeletedObject()) {
            return new ObjectFormat(resource, media, clock).one(200, shown(resource, deleted.object()), "");
        }
        return Reply.json(200, success(resource, deleted.object()));
    }

    private static ObjectNode success(ApiResource resource, ObjectNode object) {
        ObjectNode status = Json.object();
        status.put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Success");
        ObjectNode details = status.putObject("details");
        details.put("name", Meta.name(object));
        if (!resource.group().isEmpty()) {
            details.put("group", resource.group());
        }
        details.put("kind", resource.plural()).put("uid", Meta.uid(object));
        return status;
    }

    private Reply deleteCollection(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        DeleteOptions options = DeleteOptionsReader.read(call);
        ListReader.Request request = ListReader.request(resource, storedNamespace(resource, info), "", call.query());
        ListReader.Page page = lists.page(call.context(), resource, request);
        for (CachedObject object : page.objects()) {
            if (call.context().deadline().isOver()) {
                throw ApiException.gatewayTimeout("the request did not complete within its time");
            }
            try {
                deletion.delete(call.context(), resource, object.namespace(), object.name(), options);
            } catch (ApiException e) {
                if (e.code() != 404) {
                    throw e;
                }
            }
        }
        return lists.answer(resource, page, new ObjectFormat(resource, call.format(false), clock), "");
    }

    /// A deadline for what a request may take when it names none.
    static Deadline deadline(Query query) {
        String timeout = query.text("timeout");
        Duration limit = Duration.ofSeconds(60);
        if (timeout.matches("[0-9]+s")) {
            Duration asked =
                    Duration.ofSeconds(Long.parseLong(timeout.substring(0, Math.min(6, timeout.length() - 1))));
            if (!asked.isZero() && asked.compareTo(limit) < 0) {
                limit = asked;
            }
        }
        return Deadline.in(limit);
    }
}
