package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.resource.WriteOptions.FieldValidation;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A request's query parameters.
final class Query {
    private static final int MAX_MANAGER_LENGTH = 128;

    private final Map<String, List<String>> parameters;

    Query(Map<String, List<String>> parameters) {
        this.parameters = parameters;
    }

    /// The first value; empty when the parameter is absent.
    String text(String name) {
        List<String> values = parameters.get(name);
        String value = values == null || values.isEmpty() ? null : values.getFirst();
        return value == null ? "" : value;
    }

    boolean has(String name) {
        return parameters.containsKey(name);
    }

    List<String> all(String name) {
        List<String> values = parameters.get(name);
        return values == null ? List.of() : values;
    }

    /// A flag: anything but absence, `0` and `false` sets it.
    boolean flag(String name) {
        return has(name) && !List.of("0", "false").contains(text(name).toLowerCase(java.util.Locale.ROOT));
    }

    /// A whole number; null when the parameter is absent.
    ///
    /// @throws ApiException 400 when it is not a number
    @Nullable
    Long number(String name) {
        if (!has(name)) {
            return null;
        }
        String value = text(name);
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            String why = value.matches("[-+]?[0-9]+") ? "value out of range" : "invalid syntax";
            throw ApiException.badRequest("strconv.ParseInt: parsing " + Json.text(value) + ": " + why);
        }
    }

    /// The options of a write.
    ///
    /// @param optionsKind such as `CreateOptions`, for messages
    WriteOptions writeOptions(String optionsKind, String userAgent) {
        List<Cause> causes = new ArrayList<>();
        List<String> dryRun = all("dryRun");
        checkDryRun(dryRun, causes);
        String manager = text("fieldManager");
        if (manager.length() > MAX_MANAGER_LENGTH) {
            causes.add(Cause.tooLong("fieldManager", MAX_MANAGER_LENGTH));
        }
        for (int i = 0; i < manager.length(); i++) {
            char c = manager.charAt(i);
            if (c < ' ' || c == 0x7f) {
                causes.add(Cause.invalid(
                        "fieldManager", manager, "invalid character U+%04X (at position %d)".formatted((int) c, i)));
            }
        }
        FieldValidation validation = FieldValidation.WARN;
        switch (text("fieldValidation")) {
            case "Strict" -> validation = FieldValidation.STRICT;
            case "Ignore" -> validation = FieldValidation.IGNORE;
            case "", "Warn" -> {}
            default ->
                causes.add(Cause.notSupported(
                        "fieldValidation", text("fieldValidation"), List.of("", "Ignore", "Strict", "Warn")));
        }
        if (!causes.isEmpty()) {
            throw ApiException.invalid("meta.k8s.io", optionsKind, "", causes);
        }
        return new WriteOptions(!dryRun.isEmpty(), manager.isEmpty() ? managerOf(userAgent) : manager, validation);
    }

    static void checkDryRun(List<String> dryRun, List<Cause> causes) {
        for (String value : dryRun) {
            if (!value.equals("All")) {
                causes.add(Cause.notSupported("dryRun", Json.MAPPER.valueToTree(dryRun), List.of("All")));
                return;
            }
        }
    }

    /// The field manager of a client that names none: the first word of its user agent.
    private static String managerOf(String userAgent) {
        int slash = userAgent.indexOf('/');
        String name = slash < 0 ? userAgent : userAgent.substring(0, slash);
        var shown = new StringBuilder();
        for (int i = 0; i < name.length() && shown.length() < MAX_MANAGER_LENGTH; i++) {
            char c = name.charAt(i);
            if (c >= ' ' && c != 0x7f) {
                shown.append(c);
            }
        }
        return shown.isEmpty() ? "unknown" : shown.toString();
    }
}
