package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.TypedDecoder;
import io.jubernetes.common.codec.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is particular to a kind. One class a kind; the generic code calls it in this order on a write:
/// [#applyDefaults], admission, [#prepareForCreate] or [#prepareForUpdate], [#validate] and on an update
/// [#validateUpdate]. Stateless and thread-safe.
///
/// Trees have been decoded by the kind's schema; methods that change the tree change it in place.
public interface Strategy {
    /// The strategy of a kind without rules of its own.
    Strategy NONE = new Strategy() {};

    /// How one kind names its objects.
    enum Names {
        /// lower-case DNS subdomain
        SUBDOMAIN,
        /// DNS label as of RFC 1123
        LABEL,
        /// DNS label as of RFC 1035
        LABEL_1035,
        /// anything that can stand in a path
        PATH_SEGMENT,
        /// an IP address in its canonical form
        IP_ADDRESS
    }

    default Names names() {
        return Names.SUBDOMAIN;
    }

    /// The group that messages about the kind name.
    ///
    /// @param served the group of the request; kinds that moved from another group keep that one's name
    default String group(String served) {
        return served;
    }

    /// Sets fields that were left out.
    default void applyDefaults(ObjectNode object) {}

    /// Clears what a creator may not set (status) and sets what the server owns.
    default void prepareForCreate(ObjectNode object) {
        if (hasStatus()) {
            object.remove("status");
        }
    }

    /// Puts back what an update through the main resource may not change.
    default void prepareForUpdate(ObjectNode object, ObjectNode old) {
        if (hasStatus()) {
            restore(object, old, "status");
        }
    }

    /// Puts back what an update through the status subresource may not change: everything but the status.
    default void prepareForStatusUpdate(ObjectNode object, ObjectNode old) {
        JsonNode status = object.get("status");
        JsonNode meta = object.get("metadata");
        object.removeAll();
        object.setAll(old.deepCopy());
        object.set("metadata", meta);
        if (status == null) {
            object.remove("status");
        } else {
            object.set("status", status);
        }
        restoreStatusMetadata(object, old);
    }

    /// Which metadata a status update may not change. Kinds differ; most keep labels and annotations
    /// changeable.
    default void restoreStatusMetadata(ObjectNode object, ObjectNode old) {}

    /// Puts back what an update through a subresource other than the status may not change.
    default void prepareForSubresource(String subresource, ObjectNode object, ObjectNode old) {}

    /// Whether the kind has a status that the main resource does not write.
    default boolean hasStatus() {
        return false;
    }

    /// Whether `metadata.generation` counts changes of what the user wants.
    default boolean hasGeneration() {
        return false;
    }

    /// The generation of a new object; 0 when it shows none until the first change.
    default long firstGeneration() {
        return 1;
    }

    /// The part whose change raises the generation.
    default boolean desiredStateChanged(ObjectNode object, ObjectNode old) {
        return !Meta.same(object.path("spec"), old.path("spec"));
    }

    /// Everything wrong with an object by itself.
    default List<Cause> validate(ObjectNode object) {
        return List.of();
    }

    /// Everything wrong with a change: immutable fields.
    default List<Cause> validateUpdate(ObjectNode object, ObjectNode old) {
        return List.of();
    }

    /// Everything wrong with a change that is not one of the status, the object by itself included.
    ///
    /// @param subresource empty for the object itself
    default List<Cause> validateChange(ObjectNode object, ObjectNode old, String subresource) {
        List<Cause> causes = new ArrayList<>(validate(object));
        causes.addAll(validateUpdate(object, old));
        return causes;
    }

    /// Everything wrong with a change of the status.
    default List<Cause> validateStatusUpdate(ObjectNode object, ObjectNode old) {
        return List.of();
    }

    /// Warnings about what the object uses.
    default List<String> warnings(ObjectNode object) {
        return List.of();
    }

    /// Warnings about what a change uses; those of the new object unless the kind says less.
    default List<String> updateWarnings(ObjectNode object, ObjectNode old) {
        return warnings(object);
    }

    /// What every request for the kind is warned of; empty when it is not deprecated.
    default String deprecation() {
        return "";
    }

    /// Whether a PUT of an absent object creates it.
    default boolean createsOnUpdate() {
        return false;
    }

    /// Whether an update may leave out the resource version.
    default boolean allowsUnconditionalUpdate() {
        return true;
    }

    /// The grace period of a graceful deletion.
    ///
    /// @param asked what the request names; null when it names none
    default long gracePeriodSeconds(ObjectNode object, @Nullable Long asked) {
        return asked == null ? 0 : asked;
    }

    /// Shows in the object itself that it is being deleted.
    default void markTerminating(ObjectNode object) {}

    /// Whether deletion is graceful: the object stays, marked, until its node has stopped it.
    default boolean gracefulDeletion() {
        return false;
    }

    /// The `autoscaling/v1` Scale of an object.
    ///
    /// @throws ApiException when the object does not say what a Scale does
    default ObjectNode scaleOf(ObjectNode object) {
        return Scale.of(object);
    }

    /// Writes the number of wanted replicas of a Scale into an object, in place.
    default void setReplicas(ObjectNode object, long replicas) {
        Meta.child(object, "spec").put("replicas", replicas);
    }

    /// Whether a terminating object without finalizers still stays (a namespace until it is finalized).
    default boolean keepsTerminating(ObjectNode object) {
        return false;
    }

    /// Whether a deletion at once answers the object and not a Status.
    default boolean returnsDeletedObject() {
        return false;
    }

    /// What a deletion with these options is warned of.
    default List<String> deletionWarnings(DeleteOptions options) {
        return List.of();
    }

    /// What orphaning or not means when the request does not say: whether dependents are kept.
    default boolean orphansByDefault() {
        return false;
    }

    /// The fields that field selectors may use beside name and namespace, with this object's values.
    default Map<String, String> selectableFields(JsonNode object) {
        return Map.of();
    }

    /// The fields that are kept with each object for selectors, with this object's values; more than
    /// [#selectableFields] where versions of a kind differ.
    default Map<String, String> indexedFields(JsonNode object) {
        return selectableFields(object);
    }

    /// What to answer to a selector on a field that cannot be selected by.
    default String unknownFieldMessage(ApiResource resource, String field) {
        return !isCustom() && selectableFields(Json.object()).isEmpty()
                ? Json.text(field) + " is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                : "field label not supported: " + field;
    }

    /// The columns `kubectl get` shows.
    default Table table() {
        return Table.DEFAULT;
    }

    /// Whether generated names are possible and how long an object lives; null for ever.
    default @Nullable Duration timeToLive() {
        return null;
    }

    /// Whether a user has defined the kind at run time. Lists of such kinds name the kind and version
    /// of each item, and discovery keeps the order in which their verbs are given.
    default boolean isCustom() {
        return false;
    }

    /// What a request's tree comes to.
    ///
    /// @param object checked, without unknown fields
    /// @param unknown the paths of unknown fields
    record Decoded(ObjectNode object, List<String> unknown) {}

    /// Checks a request's tree and brings it into the form that is stored and shown.
    ///
    /// @throws DecodeException when a value has another type than its field
    default Decoded decode(Schema schema, ObjectNode tree) throws DecodeException {
        var decoder = new TypedDecoder();
        ObjectNode object = decoder.decode(schema, tree);
        return new Decoded(object, decoder.unknownFields());
    }

    /// The shape of another version of the kind; empty for kinds whose shapes are built in.
    default Optional<Schema> schemaOf(String apiVersion) {
        return Optional.empty();
    }

    /// Names the form in which stored objects are shown, when it is not the stored form; another form
    /// has another name. Empty when objects are shown as they are stored but for their version.
    default String shownForm() {
        return "";
    }

    /// An object as the kind's requests see it.
    ///
    /// @param stored as in the store; the callee's own copy
    /// @throws ApiException when it cannot be converted
    default ObjectNode afterLoad(ObjectNode stored) {
        return stored;
    }

    /// As [#afterLoad], for many objects at once.
    ///
    /// @return as many objects, in the same order
    default List<ObjectNode> afterLoad(List<ObjectNode> stored) {
        return stored.stream().map(this::afterLoad).toList();
    }

    /// An object in the form in which it is stored.
    ///
    /// @param object as the kind's requests see it; not changed
    /// @throws ApiException when it cannot be converted
    default ObjectNode beforeStore(ObjectNode object) {
        return object;
    }

    /// Marks an object for deletion in the kind's own way.
    ///
    /// @return false when it is to be marked like any other object
    default boolean markForDeletion(ObjectNode object, Instant now) {
        return false;
    }

    /// A bookmark's object with what the kind's encoding always shows.
    default ObjectNode bookmark(ObjectNode object) {
        return object;
    }

    /// The object in another version of its kind.
    ///
    /// @param object in the storage version; the callee's own copy
    default ObjectNode fromStorage(ObjectNode object, String apiVersion) {
        return object;
    }

    /// The object in another version exactly as conversion leaves it: with fields that version does not declare.
    ///
    /// @param object in any version; the callee's own copy
    default ObjectNode unpruned(ObjectNode object, String apiVersion) {
        return fromStorage(toStorage(object), apiVersion);
    }

    /// The object in the storage version.
    ///
    /// @param object in any version; the callee's own copy
    default ObjectNode toStorage(ObjectNode object) {
        return object;
    }

    /// Sets a field to what it was, or removes it.
    static void restore(ObjectNode object, ObjectNode old, String field) {
        JsonNode before = old.get(field);
        if (before == null) {
            object.remove(field);
        } else {
            object.set(field, before.deepCopy());
        }
    }
}
