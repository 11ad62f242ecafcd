package io.jubernetes.common.cel;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.StructType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Parses, checks and compiles expressions. Thread-safe.
public final class CelExpressions {
    private static final int MAX_LENGTH = 100_000;
    private static final Pattern CANDIDATES = Pattern.compile(" \\(candidates: .*\\)$", Pattern.DOTALL);

    private static final CelOptions OPTIONS = CelOptions.current()
            .enableOptionalSyntax(true)
            .enableHeterogeneousNumericComparisons(true)
            .enableQuotedIdentifierSyntax(true)
            .maxExpressionCodePointSize(MAX_LENGTH)
            .maxParseRecursionDepth(100)
            .build();

    private static final CelCompiler BASE = CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addLibraries(
                    CelExtensions.strings(),
                    CelExtensions.optional(),
                    CelExtensions.bindings(),
                    CelExtensions.sets(OPTIONS),
                    CelExtensions.comprehensions())
            .addFunctionDeclarations(CelDeclarations.functions())
            .build();

    private final CelCompiler compiler;
    private final Map<String, CelShape> variables;

    private CelExpressions(CelCompiler compiler, Map<String, CelShape> variables) {
        this.compiler = compiler;
        this.variables = variables;
    }

    /// What compiling came to: a program or the reason why there is none.
    ///
    /// @param problem as the API words it; null when there is a program
    public record Compiled(
            @Nullable CelProgram program, @Nullable String problem) {
        /// The program the caller knows to be there.
        public CelProgram require() {
            return java.util.Objects.requireNonNull(program);
        }
    }

    /// Expressions over variables.
    public static CelExpressions over(Map<String, CelShape> variables) {
        return over(BASE.toCompilerBuilder(), variables, ImmutableSet.of());
    }

    /// What one expression that makes a patch may use.
    public static CelExpressions forPatch(Map<String, CelShape> variables, String expression) {
        CelCompilerBuilder builder = BASE.toCompilerBuilder();
        builder.addFunctionDeclarations(CelDeclarations.patchFunctions());
        return over(builder, variables, PatchTypes.names(expression));
    }

    private static CelExpressions over(
            CelCompilerBuilder builder, Map<String, CelShape> variables, ImmutableSet<String> patched) {
        Map<String, CelType> types = new HashMap<>();
        variables.forEach((name, shape) -> {
            builder.addVar(name, shape.type());
            collect(shape, types);
        });
        builder.setTypeProvider(new Types(ImmutableMap.copyOf(types), patched));
        return new CelExpressions(builder.build(), Map.copyOf(variables));
    }

    /// The shape of a variable that asks the authorizer.
    public static CelShape authorizer() {
        return CelShape.simple(CelDeclarations.authorizer(), CelShape.UNKNOWN, 1);
    }

    /// The type of what the authorizer is asked about one resource.
    public static CelType authorizerCheck() {
        return CelDeclarations.resourceCheck();
    }

    private static void collect(CelShape shape, Map<String, CelType> types) {
        if (shape.type() instanceof StructType struct) {
            types.put(struct.name(), struct);
        }
        if (shape.element() != null) {
            collect(shape.requireElement(), types);
        }
        shape.fields().values().forEach(field -> collect(field, types));
    }

    /// @param patched the fields of the objects that patches are made of; none without patches
    private record Types(ImmutableMap<String, CelType> byName, ImmutableSet<String> patched)
            implements CelTypeProvider {
        @Override
        public ImmutableCollection<CelType> types() {
            return ImmutableList.copyOf(byName.values());
        }

        @Override
        public Optional<CelType> findType(String name) {
            CelType type = byName.get(name);
            if (type != null) {
                return Optional.of(type);
            }
            return patched.isEmpty() ? Optional.empty() : PatchTypes.find(name, patched);
        }
    }

    /// Compiles an expression.
    public Compiled compile(String expression) {
        CelValidationResult parsed = compiler.parse(expression);
        try {
            if (parsed.hasError()) {
                return new Compiled(
                        null, "compilation failed: " + shown(parsed.getErrors(), expression, "Syntax error: "));
            }
            CelValidationResult checked = compiler.check(parsed.getAst());
            if (checked.hasError()) {
                return new Compiled(null, "compilation failed: " + shown(checked.getErrors(), expression, ""));
            }
            CelAbstractSyntaxTree ast = checked.getAst();
            long cost = new CelCosts(ast, variables).estimate();
            var planner = new CelPlanner(ast);
            CelProgram.Step step = planner.plan();
            return new Compiled(new CelProgram(step, ast.getResultType(), cost, planner.variables()), null);
        } catch (CelValidationException e) {
            return new Compiled(null, "compilation failed: " + e.getMessage());
        }
    }

    /// Problems with the line they are in and a mark below the place.
    private static String shown(List<CelIssue> issues, String expression, String prefix) {
        String[] lines = expression.split("\n", -1);
        var text = new StringBuilder();
        for (CelIssue issue : issues) {
            int line = Math.max(1, issue.getSourceLocation().getLine());
            int column = Math.max(0, issue.getSourceLocation().getColumn());
            text.append(text.isEmpty() ? "" : "\n");
            text.append("ERROR: <input>:")
                    .append(line)
                    .append(':')
                    .append(column + 1)
                    .append(": ");
            text.append(prefix).append(CANDIDATES.matcher(issue.getMessage()).replaceFirst(""));
            if (line <= lines.length) {
                text.append("\n | ").append(lines[line - 1]).append("\n | ");
                text.append(".".repeat(column)).append('^');
            }
        }
        return text.toString();
    }
}
