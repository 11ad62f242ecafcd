package io.jubernetes.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.DeleteOptions;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.resource.WriteOptions.FieldValidation;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the objects that there are from the start: makes what is missing, brings up to date what nobody has claimed
/// for himself by the annotation `apf.kubernetes.io/autoupdate-spec`, and deletes what earlier versions had. Every API
/// server does so; they come to the same results, and what one has done already the others leave. Thread-safe.
final class FlowObjects {
    private static final Logger LOG = LoggerFactory.getLogger(FlowObjects.class);
    private static final String AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final WriteOptions OPTIONS =
            new WriteOptions(false, "api-priority-and-fairness-config-producer-v1", FieldValidation.STRICT);

    private final ObjectStorage storage;
    private final ObjectService objects;
    private final ObjectDeletion deletion;

    FlowObjects(ObjectStorage storage, ObjectService objects, ObjectDeletion deletion) {
        this.storage = storage;
        this.objects = objects;
        this.deletion = deletion;
    }

    /// Brings a kind's objects in line with those of the start.
    void keep(ApiResource resource, BootstrapFlows bootstrap) {
        var wanted = bootstrap.of(resource.kind());
        for (ObjectNode object : wanted) {
            var present = storage.cached(resource, "", Meta.name(object));
            if (present.isEmpty()) {
                create(resource, object);
            } else if (!wanted(object, present.get().object())
                    .equals(present.get().object())) {
                update(resource, object);
            }
        }
        Set<String> names = wanted.stream().map(Meta::name).collect(Collectors.toSet());
        storage.cache(resource).snapshot().range("", null).forEachRemaining(object -> {
            if (!names.contains(object.name()) && isOurs(resource, object)) {
                delete(resource, object.name());
            }
        });
    }

    private boolean isOurs(ApiResource resource, CachedObject object) {
        return storage.cached(resource, "", object.name())
                .map(present -> Meta.annotations(present.object()).get(AUTO_UPDATE))
                .filter("true"::equals)
                .isPresent();
    }

    /// What an object is to become: its own, with the annotation and, unless somebody has claimed it, with the spec
    /// that it has from the start.
    static ObjectNode wanted(ObjectNode bootstrap, ObjectNode present) {
        String name = Meta.name(bootstrap);
        boolean update = BootstrapFlows.isMandatory(name) || isUpdated(present);
        ObjectNode result = present.deepCopy();
        Meta.child(Meta.of(result), "annotations").put(AUTO_UPDATE, Boolean.toString(update));
        if (update) {
            JsonNode spec = bootstrap.path("spec").deepCopy();
            // The share of the exempt level is the administrator's, though the rest of it is fixed.
            JsonNode share = present.path("spec").path("exempt");
            if (spec.has("exempt") && share.isObject()) {
                ((ObjectNode) spec).set("exempt", share);
            }
            if (!Meta.same(spec, present.path("spec"))) {
                result.set("spec", spec);
            }
        }
        return result;
    }

    /// Without the annotation, an object whose spec nobody has ever changed.
    private static boolean isUpdated(ObjectNode present) {
        return switch (Meta.annotations(present).getOrDefault(AUTO_UPDATE, "")) {
            case "1", "t", "T", "true", "TRUE", "True" -> true;
            case "0", "f", "F", "false", "FALSE", "False" -> false;
            default -> Meta.generation(present) == 1;
        };
    }

    private void create(ApiResource resource, ObjectNode object) {
        try {
            objects.create(
                    resource.ownRequest("create", "", Meta.name(object), Deadline.in(LIMIT)),
                    resource,
                    "",
                    object.deepCopy(),
                    OPTIONS);
        } catch (ApiException e) {
            if (e.code() != 409) { // 409: another server was faster
                throw e;
            }
        }
    }

    private void update(ApiResource resource, ObjectNode object) {
        LOG.info("bringing {} {} up to date", resource.kind(), Meta.name(object));
        objects.update(
                resource.ownRequest("update", "", Meta.name(object), Deadline.in(LIMIT)),
                resource,
                "",
                Meta.name(object),
                "",
                present -> wanted(object, present),
                OPTIONS);
    }

    private void delete(ApiResource resource, String name) {
        LOG.info("deleting {} {}, which this version has no more", resource.kind(), name);
        try {
            var _ = deletion.delete(
                    resource.ownRequest("delete", "", name, Deadline.in(LIMIT)), resource, "", name, DeleteOptions.NOW);
        } catch (ApiException e) {
            if (e.code() != 404) {
                throw e;
            }
        }
    }
}
