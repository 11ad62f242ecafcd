package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// What must hold for a definition.
///
/// What all versions have in common is checked once and reported at `spec.validation` and the like, as
/// if it stood there: so does the API.
final class CrdRules {
    /// The annotation by which definitions in protected groups name their approval.
    static final String APPROVAL = "api-approved.kubernetes.io";

    private final List<Cause> causes = new ArrayList<>();
    private final JsonNode spec;

    private CrdRules(JsonNode definition) {
        spec = definition.path("spec");
    }

    /// Everything wrong with a new definition.
    static List<Cause> validate(ObjectNode definition) {
        var rules = new CrdRules(definition);
        String name = Meta.name(definition);
        if (!name.equals(rules.names().path("plural").asText("") + "."
                + rules.spec.path("group").asText(""))) {
            rules.invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group");
        }
        rules.spec();
        rules.status(definition);
        return rules.causes;
    }

    /// Everything wrong with a changed definition.
    static List<Cause> validateChange(ObjectNode definition, ObjectNode old) {
        var rules = new CrdRules(definition);
        rules.spec();
        JsonNode before = old.path("spec");
        if (CustomKind.isTrue(old, "Established")) {
            rules.immutable("spec.scope", rules.spec.path("scope"), before.path("scope"));
            rules.immutable(
                    "spec.names.kind",
                    rules.names().path("kind"),
                    before.path("names").path("kind"));
        }
        rules.immutable("spec.group", rules.spec.path("group"), before.path("group"));
        rules.immutable(
                "spec.names.plural",
                rules.names().path("plural"),
                before.path("names").path("plural"));
        rules.status(definition);
        return rules.causes;
    }

    private JsonNode names() {
        return spec.path("names");
    }

    private void invalid(String path, Object value, String why) {
        causes.add(Cause.invalid(path, value, why));
    }

    private void immutable(String path, JsonNode value, JsonNode before) {
        if (!Meta.same(value, before)) {
            invalid(path, value, "field is immutable");
        }
    }

    static boolean isCommunityGroup(String group) {
        return group.equals("k8s.io")
                || group.equals("kubernetes.io")
                || group.endsWith(".k8s.io")
                || group.endsWith(".kubernetes.io");
    }

    private void status(ObjectNode definition) {
        JsonNode status = definition.path("status");
        nameForms(status.path("acceptedNames"), "status.acceptedNames");
        storedVersions(status.path("storedVersions"));
        String group = spec.path("group").asText("");
        if (isCommunityGroup(group)) {
            String given = Meta.annotations(definition).getOrDefault(APPROVAL, "");
            String field = "metadata.annotations[" + APPROVAL + "]";
            if (given.isEmpty()) {
                causes.add(Cause.required(
                        field,
                        "protected groups must have approval annotation \"" + APPROVAL
                                + "\", see https://github.com/kubernetes/enhancements/pull/1111"));
            } else if (!given.startsWith("https://") && !given.startsWith("unapproved")) {
                invalid(
                        field,
                        given,
                        "protected groups must have approval annotation \"" + APPROVAL
                                + "\" with either a URL or a reason starting with \"unapproved\", see "
                                + "https://github.com/kubernetes/enhancements/pull/1111");
            }
        }
        if (spec.path("preserveUnknownFields").asBoolean(false)) {
            invalid(
                    "spec.preserveUnknownFields",
                    true,
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
                            + "spec.versions[*].schema instead");
        }
    }

    private void storedVersions(JsonNode stored) {
        String path = "status.storedVersions";
        if (stored.isEmpty()) {
            invalid(path, Json.MAPPER.nullNode(), "must have at least one stored version");
        }
        Set<String> known = new HashSet<>();
        String storage = "";
        for (JsonNode version : spec.path("versions")) {
            known.add(version.path("name").asText());
            if (version.path("storage").asBoolean(false)) {
                storage = version.path("name").asText();
            }
        }
        boolean found = false;
        for (int i = 0; i < stored.size(); i++) {
            String version = stored.get(i).asText();
            found |= version.equals(storage);
            if (!known.contains(version)) {
                invalid(
                        path + "[" + i + "]",
                        version,
                        "missing from spec.versions; " + version
                                + " was previously a storage version, and must remain in spec.versions until a storage"
                                + " migration ensures no data remains persisted in " + version + " and removes "
                                + version + " from status.storedVersions");
            }
        }
        if (!stored.isEmpty() && !storage.isEmpty() && !found) {
            invalid(path, stored, "must have the storage version " + storage);
        }
    }

    private void spec() {
        group();
        oneOf("spec.scope", spec.path("scope").asText(""), List.of("Cluster", "Namespaced"));
        JsonNode versions = spec.path("versions");
        boolean sameSchema = same(versions, "schema");
        boolean sameSubresources = same(versions, "subresources");
        boolean sameColumns = same(versions, "additionalPrinterColumns");
        boolean sameFields = same(versions, "selectableFields");
        for (int i = 0; i < versions.size(); i++) {
            if (!versions.get(i).path("schema").path("openAPIV3Schema").isObject()) {
                causes.add(Cause.required("spec.versions[" + i + "].schema.openAPIV3Schema", "schemas are required"));
            }
        }
        int storage = 0;
        Set<String> seen = new HashSet<>();
        boolean unique = true;
        for (int i = 0; i < versions.size(); i++) {
            JsonNode version = versions.get(i);
            String path = "spec.versions[" + i + "]";
            storage += version.path("storage").asBoolean(false) ? 1 : 0;
            unique &= seen.add(version.path("name").asText(""));
            versionName(path + ".name", version.path("name").asText(""));
            deprecation(version, path + ".deprecationWarning");
            if (!sameSchema) {
                schema(version, path + ".schema");
            }
            if (!sameSubresources) {
                subresources(version.path("subresources"), path + ".subresources");
            }
            if (!sameColumns) {
                columns(version.path("additionalPrinterColumns"), path + ".additionalPrinterColumns");
            }
            if (!sameFields) {
                selectable(version, path + ".selectableFields");
            }
        }
        if (!unique) {
            invalid("spec.versions", InternalForm.versions(versions), "must contain unique version names");
        }
        if (storage != 1) {
            invalid(
                    "spec.versions",
                    InternalForm.versions(versions),
                    "must have exactly one version marked as storage version");
        }
        JsonNode first = versions.path(0);
        if (!versions.isEmpty()) {
            versionName("spec.version", first.path("name").asText(""));
        }
        for (String name : List.of("plural", "singular", "kind", "listKind")) {
            if (names().path(name).asText("").isEmpty()) {
                causes.add(Cause.required("spec.names." + name, ""));
            }
        }
        nameForms(names(), "spec.names");
        if (sameSchema) {
            schema(first, "spec.validation");
        }
        if (sameSubresources) {
            subresources(first.path("subresources"), "spec.subresources");
        }
        if (sameColumns) {
            columns(first.path("additionalPrinterColumns"), "spec.additionalPrinterColumns");
        }
        if (sameFields) {
            selectable(first, "spec.selectableFields");
        }
        conversion();
    }

    private static boolean same(JsonNode versions, String field) {
        for (JsonNode version : versions) {
            if (!Meta.same(version.path(field), versions.get(0).path(field))) {
                return false;
            }
        }
        return true;
    }

    private void group() {
        String group = spec.path("group").asText("");
        List<String> problems = NameRules.subdomain(group);
        if (group.isEmpty()) {
            causes.add(Cause.required("spec.group", ""));
        } else if (!problems.isEmpty()) {
            invalid("spec.group", group, String.join(",", problems));
        } else if (!group.contains(".")) {
            invalid("spec.group", group, "should be a domain with at least one dot");
        }
    }

    private void oneOf(String path, String value, List<String> choices) {
        if (value.isEmpty()) {
            causes.add(Cause.required(path, ""));
        } else if (!choices.contains(value)) {
            causes.add(Cause.notSupported(path, value, choices));
        }
    }

    private void versionName(String path, String name) {
        List<String> problems = NameRules.label1035(name);
        if (!problems.isEmpty()) {
            invalid(path, name, String.join(",", problems));
        }
    }

    private void deprecation(JsonNode version, String path) {
        if (!version.has("deprecationWarning")) {
            return;
        }
        String warning = version.path("deprecationWarning").asText("");
        if (!version.path("deprecated").asBoolean(false)) {
            invalid(path, warning, "can only be set for deprecated versions");
        }
        if (warning.length() > 256) {
            invalid(path, warning, "must be <= 256 characters long");
        }
        if (warning.isEmpty()) {
            invalid(path, warning, "must not be empty");
        }
        for (int i = 0; i < warning.length(); i++) {
            if (Character.isISOControl(warning.charAt(i))) {
                invalid(
                        path,
                        warning,
                        "must only contain printable UTF-8 characters; non-printable character found at index " + i);
                return;
            }
        }
    }

    private void nameForms(JsonNode names, String path) {
        for (String field : List.of("plural", "singular")) {
            nameForm(names.path(field).asText(""), path + "." + field);
        }
        for (String field : List.of("kind", "listKind")) {
            String name = names.path(field).asText("");
            List<String> problems = NameRules.label1035(name.toLowerCase(Locale.ROOT));
            if (!name.isEmpty() && !problems.isEmpty()) {
                invalid(
                        path + "." + field,
                        name,
                        "may have mixed case, but should otherwise match: " + String.join(",", problems));
            }
        }
        for (int i = 0; i < names.path("shortNames").size(); i++) {
            nameForm(names.path("shortNames").get(i).asText(), path + ".shortNames[" + i + "]");
        }
        String kind = names.path("kind").asText("");
        if (!kind.isEmpty() && kind.equals(names.path("listKind").asText(""))) {
            invalid(path + ".listKind", kind, "kind and listKind may not be the same");
        }
        for (int i = 0; i < names.path("categories").size(); i++) {
            nameForm(names.path("categories").get(i).asText(), path + ".categories[" + i + "]");
        }
    }

    private void nameForm(String name, String path) {
        List<String> problems = NameRules.label1035(name);
        if (!name.isEmpty() && !problems.isEmpty()) {
            invalid(path, name, String.join(",", problems));
        }
    }

    private void schema(JsonNode version, String path) {
        JsonNode schema = version.path("schema").path("openAPIV3Schema");
        if (schema.isObject()) {
            boolean status = version.path("subresources").has("status");
            causes.addAll(SchemaRules.validate(schema, path + ".openAPIV3Schema", status));
        }
    }

    private void subresources(JsonNode subresources, String path) {
        JsonNode scale = subresources.path("scale");
        if (!scale.isObject()) {
            return;
        }
        replicasPath(scale.path("specReplicasPath").asText(""), path + ".scale.specReplicasPath", "spec");
        replicasPath(scale.path("statusReplicasPath").asText(""), path + ".scale.statusReplicasPath", "status");
        String selector = scale.path("labelSelectorPath").asText("");
        String field = path + ".scale.labelSelectorPath";
        if (!selector.isEmpty()
                && isSimplePath(field, selector)
                && !selector.startsWith(".spec.")
                && !selector.startsWith(".status.")) {
            invalid(field, selector, "should be a json path under either .status or .spec");
        }
    }

    private void replicasPath(String value, String field, String part) {
        if (value.isEmpty()) {
            causes.add(Cause.required(field, ""));
        } else if (isSimplePath(field, value) && !value.startsWith("." + part + ".")) {
            invalid(field, value, "should be a json path under ." + part);
        }
    }

    private boolean isSimplePath(String field, String value) {
        if (!value.startsWith(".")) {
            invalid(field, value, "must be a simple json path starting with .");
            return false;
        }
        return true;
    }

    private void columns(JsonNode columns, String path) {
        List<String> types = List.of("boolean", "date", "integer", "number", "string");
        List<String> formats = List.of("byte", "date", "date-time", "double", "float", "int32", "int64", "password");
        for (int i = 0; i < columns.size(); i++) {
            JsonNode column = columns.get(i);
            String at = path + "[" + i + "]";
            if (column.path("name").asText("").isEmpty()) {
                causes.add(Cause.required(at + ".name", ""));
            }
            String type = column.path("type").asText("");
            String choices = "must be one of " + String.join(",", types);
            if (type.isEmpty()) {
                causes.add(Cause.required(at + ".type", choices));
            } else if (!types.contains(type)) {
                invalid(at + ".type", type, choices);
            }
            String format = column.path("format").asText("");
            if (!format.isEmpty() && !formats.contains(format)) {
                invalid(at + ".format", format, "must be one of " + String.join(",", formats));
            }
            String jsonPath = column.path("jsonPath").asText("");
            if (jsonPath.isEmpty()) {
                causes.add(Cause.required(at + ".JSONPath", ""));
            } else {
                isSimplePath(at + ".JSONPath", jsonPath);
            }
        }
    }

    private void selectable(JsonNode version, String path) {
        JsonNode fields = version.path("selectableFields");
        if (fields.isEmpty()) {
            return;
        }
        Structural schema = Structural.of(version.path("schema").path("openAPIV3Schema"));
        Set<String> unique = new HashSet<>();
        for (int i = 0; i < fields.size(); i++) {
            String jsonPath = fields.get(i).path("jsonPath").asText("");
            String at = path + "[" + i + "].jsonPath";
            if (jsonPath.isEmpty()) {
                causes.add(Cause.required(at, ""));
                continue;
            }
            FieldPaths.Found found = FieldPaths.find(schema, jsonPath, false);
            if (found.problem() != null) {
                invalid(at, jsonPath, "is an invalid path: " + found.problem());
                continue;
            }
            if (jsonPath.equals(".metadata") || jsonPath.startsWith(".metadata.")) {
                invalid(at, jsonPath, "must not point to fields in metadata");
            }
            if (found.schema() == null
                    || !List.of("string", "integer", "boolean")
                            .contains(found.schema().type())) {
                invalid(
                        at,
                        jsonPath,
                        "must point to a field of type string, boolean or integer. Enum string fields and strings with"
                                + " formats are allowed.");
            }
            if (!unique.add(jsonPath)) {
                causes.add(Cause.duplicate(at, jsonPath));
            }
        }
        if (unique.size() > 8) {
            causes.add(SchemaValidation.tooMany(path, unique.size(), 8));
        }
    }

    private void conversion() {
        JsonNode conversion = spec.path("conversion");
        if (!conversion.isObject()) {
            return;
        }
        String strategy = conversion.path("strategy").asText("");
        oneOf("spec.conversion.strategy", strategy, List.of("None", "Webhook"));
        JsonNode webhook = conversion.path("webhook");
        JsonNode client = webhook.path("clientConfig");
        JsonNode versions = webhook.path("conversionReviewVersions");
        String path = "spec.conversion.webhookClientConfig";
        String versionsPath = "spec.conversion.conversionReviewVersions";
        if (!strategy.equals("Webhook")) {
            if (client.isObject()) {
                causes.add(Cause.forbidden(path, "should not be set when strategy is not set to Webhook"));
            }
            if (!versions.isEmpty()) {
                causes.add(Cause.forbidden(versionsPath, "should not be set when strategy is not set to Webhook"));
            }
            return;
        }
        if (!client.isObject()) {
            causes.add(Cause.required(path, "required when strategy is set to Webhook"));
        } else {
            causes.addAll(io.jubernetes.apiserver.webhook.ClientConfigRules.validate(client, path));
        }
        reviewVersions(versions, versionsPath);
    }

    private void reviewVersions(JsonNode versions, String path) {
        if (versions.isEmpty()) {
            causes.add(Cause.required(path, ""));
            return;
        }
        Set<String> seen = new HashSet<>();
        boolean known = false;
        for (int i = 0; i < versions.size(); i++) {
            String version = versions.get(i).asText();
            String at = path + "[" + i + "]";
            if (!seen.add(version)) {
                invalid(at, version, "duplicate version");
                continue;
            }
            NameRules.label1035(version).forEach(problem -> invalid(at, TextNode.valueOf(version), problem));
            known |= version.equals("v1") || version.equals("v1beta1");
        }
        if (!known) {
            invalid(path, versions, "must include at least one of v1, v1beta1");
        }
    }
}
