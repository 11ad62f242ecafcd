package io.jubernetes.common.cel;

import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// The types that an expression makes a patch of: operations, and parts of the matched object. The fields of the
/// parts are checked only when the patch is applied, so here every name the expression contains is a field.
final class PatchTypes {
    private static final StructType JSON_PATCH = StructType.create(
            "JSONPatch",
            ImmutableSet.of("op", "path", "from", "value"),
            field -> Optional.of(field.equals("value") ? SimpleType.DYN : SimpleType.STRING));

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*|`[^`\n]*`");

    private PatchTypes() {}

    /// Every name in an expression.
    static ImmutableSet<String> names(String expression) {
        return NAME.matcher(expression)
                .results()
                .map(MatchResult::group)
                .map(name -> name.replace("`", ""))
                .collect(ImmutableSet.toImmutableSet());
    }

    /// The type of that name.
    ///
    /// @param fields of every part of an object
    static Optional<CelType> find(String name, ImmutableSet<String> fields) {
        if (name.equals(JSON_PATCH.name())) {
            return Optional.of(JSON_PATCH);
        }
        return name.equals("Object") || name.startsWith("Object.")
                ? Optional.of(StructType.create(name, fields, _ -> Optional.of(SimpleType.DYN)))
                : Optional.empty();
    }
}
