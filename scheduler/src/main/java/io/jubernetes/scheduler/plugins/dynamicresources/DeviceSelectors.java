package io.jubernetes.scheduler.plugins.dynamicresources;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelErrorCode;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.standard.InOperator.InOverload;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Runs the expressions of device classes and requests on devices. Compiled expressions are kept, the ones used last;
/// the API server has checked them, so the checks here are few. Used by the scheduling thread.
final class DeviceSelectors {
    private static final int MAX_KEPT = 256;
    /// Bounds what one expression can cost, whatever the API server let through.
    private static final int MAX_ITERATIONS = 100_000;

    private static final Pattern MISSING = Pattern.compile("key '([^']*)' is not present in map");

    private static final CelOptions OPTIONS = CelOptions.current()
            .enableOptionalSyntax(true)
            .enableHeterogeneousNumericComparisons(true)
            .enableQuotedIdentifierSyntax(true)
            .comprehensionMaxIterations(MAX_ITERATIONS)
            .build();

    private final CelCompiler compiler;
    private final CelRuntime runtime;
    private final Map<String, CelRuntime.Program> programs = new Recent();

    /// An expression that cannot be compiled or failed on a device. The message is the reason in upstream's words.
    static final class SelectorException extends Exception {
        private static final long serialVersionUID = 1;

        SelectorException(String message, Exception cause) {
            super(message, cause);
        }
    }

    private static final class Recent extends LinkedHashMap<String, CelRuntime.Program> {
        private static final long serialVersionUID = 1;

        Recent() {
            super(32, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, CelRuntime.Program> eldest) {
            return size() > MAX_KEPT;
        }
    }

    DeviceSelectors() {
        var functions = new SelectorFunctions();
        compiler = CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(OPTIONS)
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addLibraries(
                        CelExtensions.strings(),
                        CelExtensions.optional(),
                        CelExtensions.bindings(),
                        CelExtensions.sets(OPTIONS))
                .addFunctionDeclarations(functions.declarations())
                .addVar("device", MapType.create(SimpleType.STRING, SimpleType.DYN))
                .build();
        // The library's `in` goes by what `get` gives, and a domain that a device knows nothing of gives an empty map.
        var standard = CelStandardFunctions.newBuilder()
                .filterFunctions((_, overload) -> !InOverload.IN_MAP.equals(overload))
                .build();
        runtime = CelRuntimeFactory.legacyCelRuntimeBuilder()
                .setOptions(OPTIONS)
                .setStandardEnvironmentEnabled(false)
                .setStandardFunctions(standard)
                .addFunctionBindings(
                        CelFunctionBinding.from("in_map", Object.class, Map.class, (key, map) -> map.containsKey(key)))
                .addLibraries(CelExtensions.strings(), CelExtensions.optional(), CelExtensions.sets(OPTIONS))
                .addFunctionBindings(functions.bindings())
                .build();
    }

    /// Whether an expression selects a device.
    ///
    /// @param device what the expression knows as `device`, see [OfferedDevice#variables]
    boolean matches(String expression, Map<String, Object> device) throws SelectorException {
        CelRuntime.Program program = program(expression);
        try {
            return Boolean.TRUE.equals(program.eval(Map.of("device", device)));
        } catch (CelEvaluationException e) {
            throw new SelectorException("CEL runtime error: " + reason(e), e);
        }
    }

    private CelRuntime.Program program(String expression) throws SelectorException {
        CelRuntime.Program known = programs.get(expression);
        if (known != null) {
            return known;
        }
        try {
            CelAbstractSyntaxTree tree = compiler.compile(expression).getAst();
            CelRuntime.Program program = runtime.createProgram(tree);
            programs.put(expression, program);
            return program;
        } catch (CelValidationException | CelEvaluationException e) {
            throw new SelectorException("CEL compile error: compilation failed: " + e.getMessage(), e);
        }
    }

    private static String reason(CelEvaluationException failure) {
        if (failure.getErrorCode() == CelErrorCode.ITERATION_BUDGET_EXCEEDED) {
            return "actual cost limit exceeded";
        }
        Throwable cause = failure.getCause();
        String message = String.valueOf(cause == null ? failure.getMessage() : cause.getMessage());
        Matcher missing = MISSING.matcher(message);
        return missing.find() ? "no such key: " + missing.group(1) : message;
    }
}
