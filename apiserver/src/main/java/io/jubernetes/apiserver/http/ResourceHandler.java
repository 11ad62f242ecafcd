package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.DeleteOptions;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ServerMetadata;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.Cursor;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.apiserver.watchcache.Snapshot;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
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

    private final ObjectStorage storage;
    private final ObjectService objects;
    private final ObjectDeletion deletion;
    private final PatchHandler patches;
    private final ListReader lists;
    private final Clock clock;

    ResourceHandler(ObjectStorage storage, ObjectService objects, ObjectDeletion deletion, Clock clock) {
        this.storage = storage;
        this.objects = objects;
        this.deletion = deletion;
        this.patches = new PatchHandler(objects, new ServerSideApply(objects, clock), clock);
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
        if (!resource.strategy().deprecation().isEmpty()) {
            call.context().warn(resource.strategy().deprecation());
        }
        return switch (info.verb()) {
            case "get" -> get(call, resource);
            case "list" -> list(call, resource);
            case "watch" -> watch(call, resource);
            case "create" -> create(call, resource);
            case "update" -> update(call, resource);
            case "patch" -> patches.handle(call, resource);
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
        ObjectFormat format = new ObjectFormat(resource, call.format(resource, false), clock);
        CachedObject object =
                read(call.context(), resource, info.name(), call.query().text("resourceVersion"));
        if (format.isPlain()) {
            return new Reply.Bytes(200, Reply.JSON, format.json(object), Map.of());
        }
        return format.isProtobuf()
                ? new Reply.Bytes(200, format.media().encoding().contentType(), format.envelope(object), Map.of())
                : format.one(200, format.tree(object), call.query());
    }

    private CachedObject read(RequestContext context, ApiResource resource, String name, String resourceVersion) {
        ResourceCache cache = storage.cache(resource);
        Snapshot snapshot;
        if (resourceVersion.isEmpty()) {
            snapshot = cache.latest(context.deadline());
        } else {
            long revision = ListReader.revision(resourceVersion, ListReader::plainRefusal);
            try {
                snapshot = revision == 0
                        ? cache.snapshot()
                        : cache.notOlderThan(revision, context.deadline().atMost(REVISION_WAIT));
            } catch (StoreException.FutureRevision e) {
                throw ApiException.futureRevision(revision, e.current());
            }
        }
        String key = resource.key(storedNamespace(resource, context.info()), name);
        return snapshot.get(key).orElseThrow(() -> {
            if (cache.unreadable(key).filter(key::equals).isPresent()) {
                storage.requireReadable(resource, key, context.deadline());
            }
            return ApiException.notFound(resource, name);
        });
    }

    private Reply list(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        ObjectFormat format = new ObjectFormat(resource, call.format(resource, false), clock);
        ListReader.checkList(call.query());
        ListReader.Request request =
                ListReader.request(resource, storedNamespace(resource, info), info.name(), call.query());
        ListReader.Page page = lists.page(call.context(), resource, request);
        return lists.answer(resource, page, format, ObjectFormat.includeObject(call.query()));
    }

    private Reply watch(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        Query query = call.query();
        ObjectFormat format = new ObjectFormat(resource, call.format(resource, true), clock);
        ListReader.checkWatch(query);
        ListReader.Request selection =
                ListReader.request(resource, storedNamespace(resource, info), info.name(), query);
        boolean bookmarks = query.flag("allowWatchBookmarks");
        boolean initial = query.flag("sendInitialEvents");
        Duration timeout = timeout(query);
        String include = ObjectFormat.includeObject(query);
        ResourceCache cache = storage.cache(resource);
        String prefix = resource.keyPrefix(selection.namespace());
        String version = selection.resourceVersion();
        long asked = version.isEmpty() ? 0 : ListReader.revision(version, ListReader::plainRefusal);
        long after = asked;
        Iterator<CachedObject> first = Collections.emptyIterator();
        try {
            boolean fromNow = query.has("sendInitialEvents") && !initial && asked == 0;
            if (initial || asked == 0) {
                Snapshot snapshot = version.isEmpty()
                        ? cache.latest(call.context().deadline())
                        : asked == 0
                                ? cache.snapshot()
                                : cache.notOlderThan(
                                        asked, call.context().deadline().atMost(REVISION_WAIT));
                after = snapshot.revision();
                if (!fromNow) {
                    first = snapshot.range(prefix, null);
                }
            }
            Cursor cursor = cache.watch(prefix, after);
            var plan = new WatchStream.Plan(
                    selection, first, after, bookmarks, initial && bookmarks, timeout, include, call.context()::settle);
            return watchReply(call, format, new WatchStream(resource, cursor, plan, format));
        } catch (StoreException.Compacted e) {
            ApiException gone = ApiException.expired("too old resource version: " + version + " (" + e.oldest() + ")");
            return watchReply(call, format, Flux.just(format.errorFrame(gone)));
        } catch (StoreException.FutureRevision e) {
            throw ApiException.futureRevision(asked, e.current());
        }
    }

    private static Reply watchReply(Call call, ObjectFormat format, Flux<byte[]> parts) {
        return WebSocketWatch.isWanted(call)
                ? new Reply.Takeover(exchange -> WebSocketWatch.serve(exchange, parts))
                : new Reply.Stream(200, format.watchContentType(), parts, true);
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
        MediaFormat media = call.format(resource, false);
        WriteOptions options =
                call.query().writeOptions("CreateOptions", call.context().userAgent());
        ObjectNode object = decodeBody(call, resource, options);
        ObjectNode stored = objects.create(
                call.context(),
                resource,
                storedNamespace(resource, info),
                resource.strategy().toStorage(object),
                options);
        return new ObjectFormat(resource, media, clock).one(201, shown(resource, stored), call.query());
    }

    static ObjectNode shown(ApiResource resource, ObjectNode stored) {
        return resource.strategy().fromStorage(stored, resource.apiVersion());
    }

    static ObjectNode decodeBody(Call call, ApiResource resource, WriteOptions options) {
        BodyReader.Parsed parsed = BodyReader.object(call.body(), call.contentType(), resource.schema());
        if (resource.isCustom()) {
            return CustomBodies.decode(call, resource, parsed, options);
        }
        TypeCheck.check(resource, parsed.object());
        parsed.object().put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
        ObjectNode object = BodyReader.decode(call.context(), resource, parsed, options);
        resource.strategy().applyDefaults(object);
        return object;
    }

    private Reply update(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        MediaFormat media = call.format(resource, false);
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
                present -> {
                    if (Meta.of(present).has("uid")) {
                        ServerMetadata.checkUid(resource, info.name(), object, present);
                    }
                    return resource.strategy().toStorage(object.deepCopy());
                },
                options);
        return new ObjectFormat(resource, media, clock)
                .one(updated.created() ? 201 : 200, shown(resource, updated.object()), call.query());
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

    static ObjectNode decoded(Call call, ApiResource resource, ObjectNode patched, WriteOptions options) {
        PatchHandler.keepReset(patched);
        ObjectNode object =
                BodyReader.decode(call.context(), resource, new BodyReader.Parsed(patched, List.of()), options);
        if (resource.isCustom()) {
            CustomBodies.checkType(resource, object);
        }
        object.put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
        resource.strategy().applyDefaults(object);
        return resource.strategy().toStorage(object);
    }

    private Reply delete(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        DeleteOptions options = DeleteOptionsReader.read(call);
        ObjectDeletion.Deleted deleted =
                deletion.delete(call.context(), resource, storedNamespace(resource, info), info.name(), options);
        MediaFormat media = call.format(resource, false);
        if (!deleted.gone() || resource.strategy().returnsDeletedObject()) {
            return new ObjectFormat(resource, media, clock).one(200, shown(resource, deleted.object()), call.query());
        }
        return ObjectFormat.status(200, success(resource, deleted.object()), media.encoding());
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
        ListReader.checkList(call.query());
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
        return lists.answer(resource, page, new ObjectFormat(resource, call.format(resource, false), clock), "");
    }

    /// A deadline for what a request may take: what it names itself, or a minute.
    ///
    /// @throws ApiException 400 when it names no duration
    static Deadline deadline(Query query) {
        String timeout = query.text("timeout");
        Duration limit = Duration.ofSeconds(60);
        if (!timeout.isEmpty()) {
            Duration asked = GoDuration.find(timeout)
                    .orElseThrow(() -> ApiException.badRequest("invalid timeout specified in the request URL - "
                            + "time: invalid duration " + Json.text(timeout)));
            if (asked.isPositive() && asked.compareTo(limit) < 0) {
                limit = asked;
            }
        }
        return Deadline.in(limit);
    }
}
