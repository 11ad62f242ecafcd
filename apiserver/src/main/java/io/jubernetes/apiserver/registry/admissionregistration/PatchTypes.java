package io.jubernetes.apiserver.registry.admissionregistration;

import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// The types that one expression makes a patch of: operations, and parts of the matched object. The fields of the
/// parts are checked only when the patch is applied, so here every name the expression contains is a field.
final class PatchTypes {
    static final StructType JSON_PATCH = StructType.create(
            "JSONPatch",
            ImmutableSet.of("op", "path", "from", "value"),
            field -> Optional.of(field.equals("value") ? SimpleType.DYN : SimpleType.STRING));

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*|`[^`\n]*`");

    private final ImmutableSet<String> fields;

    PatchTypes(String expression) {
        fields = NAME.matcher(expression)
                .results()
                .map(MatchResult::group)
                .map(name -> name.replace("`", ""))
                .collect(ImmutableSet.toImmutableSet());
    }

    /// The type of that name.
    Optional<CelType> find(String name) {
        if (name.equals(JSON_PATCH.name())) {
            return Optional.of(JSON_PATCH);
        }
        return name.equals("Object") || name.startsWith("Object.") ? Optional.of(part(name)) : Optional.empty();
    }

    private CelType part(String name) {
        return StructType.create(name, fields, _ -> Optional.of(SimpleType.DYN));
    }
}
