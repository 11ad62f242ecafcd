package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.FieldSelector;
import io.jubernetes.apiserver.request.LabelSelector;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.apiserver.watchcache.Snapshot;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/// Answers LIST from a snapshot: pages, selectors, resource versions. The objects' bytes are written as they
/// are, in chunks, as the client takes them.
final class ListReader {
    /// More than what is compressed, so that the first chunk tells whether the list is.
    private static final int CHUNK = Compression.THRESHOLD + 1;
    private static final String MATCH = "resourceVersionMatch";
    private static final Duration REVISION_WAIT = Duration.ofSeconds(3);

    private final ObjectStorage storage;

    ListReader(ObjectStorage storage) {
        this.storage = storage;
    }

    /// What to list.
    record Request(
            String namespace,
            LabelSelector labels,
            FieldSelector fields,
            long limit,
            String continueToken,
            String resourceVersion,
            String versionMatch) {}

    private record Token(long revision, String start) {}

    /// The matching objects of a page.
    ///
    /// @param next where the next page starts; null on the last
    /// @param remaining how many follow; null when not known
    record Page(
            List<CachedObject> objects,
            long revision,
            @Nullable String next,
            @Nullable Long remaining) {}

    /// Reads what a request's query says.
    static Request request(ApiResource resource, String namespace, String name, Query query) {
        LabelSelector labels;
        FieldSelector fields;
        try {
            labels = LabelSelector.parse(query.text("labelSelector"));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()));
        }
        try {
            fields = FieldSelector.parse(query.text("fieldSelector"));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()));
        }
        checkFields(resource, fields);
        if (!name.isEmpty()) {
            String wanted = fields.exact("metadata.name");
            if (wanted != null && !wanted.equals(name)) {
                throw ApiException.badRequest("fieldSelector metadata.name doesn't match requested name");
            }
            fields = FieldSelector.parse("metadata.name=" + name);
        }
        Long limit = query.number("limit");
        return new Request(
                namespace,
                labels,
                fields,
                // What is read at any version comes whole.
                limit == null || query.text("resourceVersion").equals("0") ? 0 : Math.max(0, limit),
                query.text("continue"),
                query.text("resourceVersion"),
                query.text("resourceVersionMatch"));
    }

    private static void checkFields(ApiResource resource, FieldSelector fields) {
        if (fields.isEmpty()) {
            return;
        }
        Set<String> known = new java.util.HashSet<>(
                resource.strategy().selectableFields(Json.object()).keySet());
        // Kinds without fields of their own know both names, kinds with some only what they have.
        if (resource.namespaced() || known.isEmpty() && !resource.isCustom()) {
            known.add("metadata.namespace");
        }
        known.add("metadata.name");
        for (FieldSelector.Term term : fields.terms()) {
            if (!known.contains(term.field())) {
                throw ApiException.badRequest(resource.strategy().unknownFieldMessage(resource, term.field()));
            }
        }
    }

    /// Finds the page's objects.
    Page page(RequestContext context, ApiResource resource, Request request) {
        ResourceCache cache = storage.cache(resource);
        Token token = request.continueToken().isEmpty() ? null : token(request.continueToken());
        Snapshot snapshot = snapshot(context, resource, cache, request, token);
        String prefix = resource.keyPrefix(request.namespace());
        storage.requireReadable(resource, prefix, context.deadline());
        boolean selects = !request.labels().isEmpty() || !request.fields().isEmpty();
        List<CachedObject> objects = new ArrayList<>();
        String after = token == null ? null : prefix + token.start();
        Iterator<CachedObject> all = snapshot.range(prefix, after);
        String last = null;
        while (all.hasNext()) {
            CachedObject object = all.next();
            if (request.limit() > 0 && objects.size() >= request.limit()) {
                Long remaining = selects ? null : snapshot.count(prefix, String.valueOf(last));
                return new Page(
                        objects,
                        snapshot.revision(),
                        token(snapshot.revision(), prefix, String.valueOf(last)),
                        remaining);
            }
            if (matches(request, object)) {
                objects.add(object);
            }
            last = object.key();
        }
        return new Page(objects, snapshot.revision(), null, null);
    }

    static boolean matches(Request request, CachedObject object) {
        return (request.labels().isEmpty() || request.labels().matches(object.labels()))
                && (request.fields().isEmpty() || request.fields().matches(object.fields()));
    }

    /// Refuses options that do not go together in a list.
    static void checkList(Query query) {
        List<Cause> causes = new ArrayList<>();
        String match = query.text("resourceVersionMatch");
        String version = query.text("resourceVersion");
        if (!match.isEmpty()) {
            if (version.isEmpty()) {
                causes.add(
                        Cause.forbidden(MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
            }
            if (!query.text("continue").isEmpty()) {
                causes.add(Cause.forbidden(MATCH, "resourceVersionMatch is forbidden when continue is provided"));
            }
            if (!match.equals("Exact") && !match.equals("NotOlderThan")) {
                causes.add(Cause.notSupported(MATCH, match, List.of("Exact", "NotOlderThan", "")));
            }
            if (match.equals("Exact") && version.equals("0")) {
                causes.add(Cause.forbidden(
                        MATCH, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
            }
        }
        if (query.has("sendInitialEvents")) {
            causes.add(Cause.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }
        refuse(causes);
        if (!query.text("continue").isEmpty() && !version.isEmpty() && !version.equals("0")) {
            throw ApiException.badRequest("specifying resource version is not allowed when using continue");
        }
    }

    /// Refuses options that do not go together in a watch.
    static void checkWatch(Query query) {
        List<Cause> causes = new ArrayList<>();
        String match = query.text("resourceVersionMatch");
        boolean initial = query.has("sendInitialEvents");
        if (initial && !match.equals("NotOlderThan")) {
            causes.add(
                    Cause.forbidden(MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
        }
        if (!match.isEmpty()) {
            if (!initial) {
                causes.add(Cause.forbidden(
                        MATCH, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
            }
            if (!match.equals("NotOlderThan")) {
                causes.add(Cause.notSupported(MATCH, match, List.of("NotOlderThan")));
            }
        }
        if (!query.text("continue").isEmpty()) {
            causes.add(Cause.forbidden(MATCH, "resourceVersionMatch is forbidden when continue is provided"));
        }
        refuse(causes);
    }

    private static void refuse(List<Cause> causes) {
        if (!causes.isEmpty()) {
            throw ApiException.invalid("meta.k8s.io", "ListOptions", "", causes);
        }
    }

    private static Snapshot snapshot(
            RequestContext context, ApiResource resource, ResourceCache cache, Request request, @Nullable Token token) {
        try {
            if (token != null) {
                return token.revision() < 0 ? cache.latest(context.deadline()) : cache.exactly(token.revision());
            }
            String version = request.resourceVersion();
            if (version.isEmpty()) {
                return cache.latest(context.deadline());
            }
            long revision = revision(version, ListReader::listRefusal);
            if (revision == 0) {
                return cache.snapshot();
            }
            boolean exact = request.versionMatch().equals("Exact")
                    || request.versionMatch().isEmpty() && request.limit() > 0;
            Deadline patience = context.deadline().atMost(REVISION_WAIT);
            if (exact) {
                var _ = cache.notOlderThan(revision, patience);
                return cache.exactly(revision);
            }
            return cache.notOlderThan(revision, patience);
        } catch (StoreException.FutureRevision e) {
            throw ApiException.futureRevision(
                    revision(request.resourceVersion(), ListReader::listRefusal), e.current());
        } catch (StoreException.Compacted e) {
            throw token == null
                    ? ApiException.expired("The resourceVersion for the provided list is too old.")
                    : tooOld(resource, request, token);
        }
    }

    /// A resource version as a request names it.
    ///
    /// @param refusal makes the answer of what is wrong
    static long revision(String text, Function<String, ApiException> refusal) {
        try {
            long revision = Long.parseUnsignedLong(text);
            if (revision >= 0 && !text.startsWith("+")) {
                return revision;
            }
        } catch (NumberFormatException e) {
            throw refusal.apply(parseProblem(text));
        }
        throw refusal.apply(parseProblem(text));
    }

    private static String parseProblem(String text) {
        String why = text.matches("[0-9]+") ? "value out of range" : "invalid syntax";
        return "resourceVersion: Invalid value: " + Json.text(text) + ": strconv.ParseUint: parsing " + Json.text(text)
                + ": " + why;
    }

    /// The refusal of reads and watches.
    static ApiException plainRefusal(String problem) {
        return ApiException.plain(500, problem);
    }

    /// The refusal of lists.
    private static ApiException listRefusal(String problem) {
        return ApiException.badRequest("invalid resource version: " + problem);
    }

    private static Token token(String text) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw badToken("illegal base64 data at input byte " + firstBad(text));
        }
        JsonNode token;
        try {
            token = Json.read(bytes);
        } catch (IOException e) {
            throw badToken(BodyReader.problem(bytes, e));
        }
        String version = token.path("v").asText("");
        if (!version.equals("meta.k8s.io/v1")) {
            throw badToken("server does not recognize this encoded version " + version);
        }
        long revision = token.path("rv").asLong(0);
        String start = token.path("start").asText("");
        if (revision == 0) {
            throw badToken("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
        }
        if (start.isEmpty()) {
            throw badToken("encoded start key empty (version meta.k8s.io/v1)");
        }
        if (List.of(start.split("/", -1)).stream()
                .anyMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."))) {
            throw badToken(start);
        }
        // The next page starts after this key; the zero byte that ends it makes that exact.
        return new Token(revision, start.endsWith("\0") ? start.substring(0, start.length() - 1) : start);
    }

    private static int firstBad(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_')) {
                return i;
            }
        }
        return text.length();
    }

    private static ApiException badToken(String why) {
        return ApiException.badRequest("invalid continue token: continue key is not valid: " + why);
    }

    /// The page's revision is gone; a client that can do with less may go on where it was, at the latest one.
    private static ApiException tooOld(ApiResource resource, Request request, Token token) {
        ApiException expired = ApiException.expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new"
                        + " list without the continue parameter, or use the continue token in this response to retrieve"
                        + " the remainder of the results. Continuing with the provided token results in an inconsistent"
                        + " list - objects that were created, modified, or deleted between the time the first chunk was"
                        + " returned and now may show up in the list.");
        String prefix = resource.keyPrefix(request.namespace());
        ((ObjectNode) expired.status().get("metadata")).put("continue", token(-1, prefix, prefix + token.start()));
        return expired;
    }

    private static String token(long revision, String prefix, String lastKey) {
        ObjectNode token = Json.object();
        token.put("v", "meta.k8s.io/v1");
        token.put("rv", revision);
        token.put("start", lastKey.substring(prefix.length()) + "\0");
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(token));
    }

    /// The page as bytes in the form asked for.
    Reply answer(ApiResource resource, Page page, ObjectFormat format, String includeObject) {
        format.prepare(page.objects());
        if (format.isPlain()) {
            return new Reply.Stream(200, Reply.JSON, chunks(resource, page, format), false);
        }
        if (format.media().form() == MediaFormat.Form.PARTIAL_METADATA) {
            throw ApiException.of(
                    406,
                    "NotAcceptable",
                    "you requested PartialObjectMetadata, but the requested object is a list (*"
                            + format.internalName(resource.listKind()) + ")",
                    null);
        }
        if (format.isProtobuf()) {
            List<byte[]> items = page.objects().stream().map(format::message).toList();
            byte[] body = format.list(listMeta(page), items);
            return new Reply.Bytes(200, format.media().encoding().contentType(), body, Map.of());
        }
        return switch (format.media().form()) {
            case OBJECT, PARTIAL_METADATA -> {
                ObjectNode list = Json.object();
                list.put("kind", resource.listKind()).put("apiVersion", resource.apiVersion());
                list.set("metadata", listMeta(resource, page));
                var items = list.putArray("items");
                for (CachedObject object : page.objects()) {
                    ObjectNode tree = format.tree(object);
                    if (!resource.strategy().isCustom()) {
                        tree.remove(List.of("kind", "apiVersion"));
                    }
                    items.add(tree);
                }
                yield format.encode(200, list);
            }
            case PARTIAL_METADATA_LIST -> {
                ObjectNode list = Json.object();
                list.put("kind", "PartialObjectMetadataList")
                        .put("apiVersion", format.media().formVersion());
                list.set("metadata", listMeta(page));
                if (page.objects().isEmpty()) {
                    list.putNull("items");
                } else {
                    ArrayNode items = list.putArray("items");
                    page.objects().forEach(object -> items.add(format.partial(format.tree(object))));
                }
                yield format.encode(200, list);
            }
            case TABLE -> {
                ObjectNode table = format.emptyTable();
                table.set("metadata", listMeta(page));
                page.objects().forEach(object -> format.addRow(table, format.tree(object), includeObject));
                yield format.encode(200, table);
            }
        };
    }

    /// Lists of custom resources say that there is no next page; others leave it out.
    private static ObjectNode listMeta(ApiResource resource, Page page) {
        ObjectNode meta = listMeta(page);
        if (resource.strategy().isCustom() && page.next() == null) {
            meta.put("continue", "");
        }
        return meta;
    }

    private static ObjectNode listMeta(Page page) {
        ObjectNode meta = Json.object();
        meta.put("resourceVersion", Long.toString(page.revision()));
        if (page.next() != null) {
            meta.put("continue", page.next());
        }
        if (page.remaining() != null) {
            meta.put("remainingItemCount", page.remaining());
        }
        return meta;
    }

    private static Flux<byte[]> chunks(ApiResource resource, Page page, ObjectFormat format) {
        byte[] head = ("{\"kind\":\"" + resource.listKind() + "\",\"apiVersion\":\"" + resource.apiVersion()
                        + "\",\"metadata\":" + listMeta(resource, page) + ",\"items\":[")
                .getBytes(StandardCharsets.UTF_8);
        return Flux.generate(() -> 0, (next, sink) -> {
            var chunk = new ByteArrayOutputStream(CHUNK + CHUNK / 4);
            int at = next;
            if (at == 0) {
                chunk.writeBytes(head);
            }
            List<CachedObject> objects = page.objects();
            while (at < objects.size() && chunk.size() < CHUNK) {
                if (at > 0) {
                    chunk.write(',');
                }
                chunk.writeBytes(format.item(objects.get(at)));
                at++;
            }
            if (at == objects.size()) {
                chunk.writeBytes(new byte[] {']', '}'});
                sink.next(chunk.toByteArray());
                sink.complete();
            } else {
                sink.next(chunk.toByteArray());
            }
            return at;
        });
    }
}
