package io.jubernetes.common.cel;

import static io.jubernetes.common.cel.CelFunctions.as;
import static io.jubernetes.common.cel.CelFunctions.plain;
import static io.jubernetes.common.cel.CelFunctions.text;
import static io.jubernetes.common.cel.CelFunctions.traversing;

import io.jubernetes.common.cel.CelOpaque.NamedFormat;
import io.jubernetes.common.meta.NameRules;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// The named formats of texts.
final class CelFormats {
    private static final Map<String, Function<String, List<String>>> FORMATS = new LinkedHashMap<>();

    static {
        FORMATS.put("dns1123Label", NameRules::label);
        FORMATS.put("dns1123Subdomain", NameRules::subdomain);
        FORMATS.put("dns1035Label", NameRules::label1035);
        FORMATS.put("qualifiedName", NameRules::qualifiedName);
        FORMATS.put("dns1123LabelPrefix", text -> NameRules.label(prefix(text)));
        FORMATS.put("dns1123SubdomainPrefix", text -> NameRules.subdomain(prefix(text)));
        FORMATS.put("dns1035LabelPrefix", text -> NameRules.label1035(prefix(text)));
        FORMATS.put("labelValue", NameRules::labelValue);
        FORMATS.put("uri", text -> CelNetwork.parseUrl(text).isPresent() ? List.of() : List.of("invalid URI"));
        FORMATS.put(
                "uuid",
                text -> text.matches("(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
                        ? List.of()
                        : List.of("does not match the UUID format"));
        FORMATS.put("byte", text -> isBase64(text) ? List.of() : List.of("invalid base64"));
        FORMATS.put("date", text -> isDate(text) ? List.of() : List.of("invalid date"));
        FORMATS.put("datetime", text -> isDateTime(text) ? List.of() : List.of("invalid datetime"));
    }

    private CelFormats() {}

    static void register(Map<String, CelFunctions.Function> table) {
        FORMATS.keySet().forEach(name -> table.put("format." + name, plain(_ -> new NamedFormat(name))));
        table.put(
                "format.named",
                plain(args -> FORMATS.containsKey(text(args, 0))
                        ? Optional.of(new NamedFormat(text(args, 0)))
                        : Optional.empty()));
        table.put("validate", traversing(args -> {
            String name = as(args, 0, NamedFormat.class).name();
            List<String> problems = FORMATS.getOrDefault(name, _ -> List.of()).apply(text(args, 1));
            return problems.isEmpty() ? Optional.empty() : Optional.of(problems);
        }));
    }

    /// What may end in a dash because something follows.
    private static String prefix(String text) {
        return text.endsWith("-") ? text.substring(0, text.length() - 1) + "a" : text;
    }

    private static boolean isBase64(String text) {
        try {
            byte[] _ = Base64.getDecoder().decode(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isDate(String text) {
        try {
            return LocalDate.parse(text) != null && text.length() == 10;
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static boolean isDateTime(String text) {
        try {
            return OffsetDateTime.parse(text) != null;
        } catch (DateTimeException e) {
            return false;
        }
    }
}
