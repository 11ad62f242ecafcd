package io.jubernetes.common.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Estimates what an expression can cost at most, from the sizes its variables can have. Estimates
/// saturate. One instance estimates one expression.
final class CelCosts {
    private static final long UNBOUNDED = Long.MAX_VALUE;
    private static final Set<String> TRAVERSING = Set.of(
            "lowerAscii",
            "upperAscii",
            "substring",
            "trim",
            "charAt",
            "reverse",
            "url",
            "isURL",
            "isQuantity",
            "quantity",
            "isIP",
            "ip",
            "ip.isCanonical",
            "isCIDR",
            "cidr",
            "isSemver",
            "semver",
            "timestamp",
            "duration",
            "string",
            "bytes",
            "format",
            "strings.quote");

    private final CelAbstractSyntaxTree ast;
    private final Map<String, CelShape> variables;
    private final Map<Long, Long> sizes = new HashMap<>();
    private final Map<String, Deque<Range>> ranges = new HashMap<>();

    /// What a loop goes over.
    ///
    /// @param element the shape of what the variable stands for; null when it is not known
    private record Range(@Nullable CelShape element) {}

    CelCosts(CelAbstractSyntaxTree ast, Map<String, CelShape> variables) {
        this.ast = ast;
        this.variables = variables;
    }

    long estimate() {
        return cost(ast.getExpr());
    }

    static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? UNBOUNDED : sum;
    }

    static long times(long a, long b) {
        long high = Math.multiplyHigh(a, b);
        long low = a * b;
        return high != 0 || low < 0 ? UNBOUNDED : low;
    }

    private static long tenth(long size) {
        return size == UNBOUNDED ? UNBOUNDED : size / 10 + (size % 10 == 0 ? 0 : 1);
    }

    private long cost(CelExpr expr) {
        return switch (expr.getKind()) {
            case CONSTANT, NOT_SET -> 0;
            case IDENT -> 1;
            case SELECT -> plus(1, cost(expr.select().operand()));
            case CALL -> call(expr);
            case LIST -> plus(10, costs(expr.list().elements()));
            case MAP -> {
                long total = 30;
                for (CelExpr.CelMap.Entry entry : expr.map().entries()) {
                    total = plus(total, plus(cost(entry.key()), cost(entry.value())));
                }
                yield total;
            }
            case STRUCT -> 40;
            case COMPREHENSION -> loop(expr);
        };
    }

    private long costs(List<CelExpr> exprs) {
        long total = 0;
        for (CelExpr expr : exprs) {
            total = plus(total, cost(expr));
        }
        return total;
    }

    private long loop(CelExpr expr) {
        CelExpr.CelComprehension loop = expr.comprehension();
        long total = plus(cost(loop.iterRange()), cost(loop.accuInit()));
        CelShape over = shape(loop.iterRange());
        boolean map = typeOf(loop.iterRange()).kind() == CelKind.MAP;
        CelShape key = map ? CelShape.string(CelShape.UNKNOWN) : over == null ? null : over.element();
        CelShape value = over == null ? null : over.element();
        push(loop.iterVar(), key);
        if (!loop.iterVar2().isEmpty()) {
            if (!map) {
                pop(loop.iterVar());
                push(loop.iterVar(), CelShape.INT);
            }
            push(loop.iterVar2(), value);
        }
        long step = plus(cost(loop.loopCondition()), cost(loop.loopStep()));
        if (!loop.iterVar2().isEmpty()) {
            pop(loop.iterVar2());
        }
        pop(loop.iterVar());
        total = plus(total, cost(loop.result()));
        long count = size(loop.iterRange());
        sizes.put(expr.id(), count);
        return plus(total, times(count, step));
    }

    private void push(String name, @Nullable CelShape element) {
        ranges.computeIfAbsent(name, _ -> new ArrayDeque<>()).push(new Range(element));
    }

    private void pop(String name) {
        Deque<Range> stack = ranges.get(name);
        if (stack != null) {
            stack.pop();
        }
    }

    private CelType typeOf(CelExpr expr) {
        return ast.getType(expr.id()).orElse(dev.cel.common.types.SimpleType.DYN);
    }

    /// The shape of what an expression reads from a variable; null when it computes something else.
    private @Nullable CelShape shape(CelExpr expr) {
        return switch (expr.getKind()) {
            case IDENT -> {
                String name = expr.ident().name();
                Deque<Range> stack = ranges.get(name);
                yield stack != null && !stack.isEmpty() ? stack.element().element() : variables.get(name);
            }
            case SELECT -> {
                CelShape operand = shape(expr.select().operand());
                yield operand == null
                        ? null
                        : operand.fields().isEmpty()
                                ? operand.element()
                                : operand.fields().get(expr.select().field());
            }
            case CALL -> {
                String function = expr.call().function();
                if (function.equals("_[_]")
                        || function.equals("_[?_]")
                        || function.equals("_?._")
                        || function.equals("orValue")
                        || function.equals("value")) {
                    CelExpr operand = expr.call()
                            .target()
                            .orElseGet(() -> expr.call().args().getFirst());
                    CelShape found = shape(operand);
                    yield function.startsWith("_") && found != null ? found.element() : found;
                }
                yield null;
            }
            default -> null;
        };
    }

    /// How large a value can be.
    private long size(CelExpr expr) {
        Long computed = sizes.get(expr.id());
        if (computed != null) {
            return computed;
        }
        switch (expr.getKind()) {
            case CONSTANT -> {
                return CelValues.sizeOf(CelPlanner.valueOf(expr.constant()));
            }
            case LIST -> {
                return expr.list().elements().size();
            }
            case MAP -> {
                return expr.map().entries().size();
            }
            default -> {}
        }
        if (isScalar(typeOf(expr))) {
            return 1;
        }
        CelShape shape = shape(expr);
        return shape == null ? UNBOUNDED : shape.maxElements();
    }

    private static boolean isScalar(CelType type) {
        return switch (type.kind()) {
            case BOOL, DOUBLE, DURATION, INT, TIMESTAMP, UINT -> true;
            default -> false;
        };
    }

    private long call(CelExpr expr) {
        CelExpr.CelCall call = expr.call();
        List<CelExpr> arguments = new ArrayList<>();
        call.target().ifPresent(arguments::add);
        arguments.addAll(call.args());
        String name = call.function();
        if (name.equals("_?_:_")) {
            long size = Math.max(size(arguments.get(1)), size(arguments.get(2)));
            sizes.put(expr.id(), size);
            return plus(cost(arguments.get(0)), Math.max(cost(arguments.get(1)), cost(arguments.get(2))));
        }
        long total = costs(arguments);
        if (name.equals("_&&_") || name.equals("_||_")) {
            return total;
        }
        return plus(total, own(expr, name, arguments));
    }

    private long own(CelExpr expr, String name, List<CelExpr> arguments) {
        return switch (name) {
            case "startsWith", "endsWith" -> tenth(size(arguments.get(1)));
            case "@in", "_in_", "in" -> typeOf(arguments.get(1)).kind() == CelKind.MAP ? 1 : size(arguments.get(1));
            case "matches", "find", "findAll" -> {
                long text = tenth(plus(size(arguments.get(0)), 1));
                long pattern = size(arguments.get(1));
                long patternCost = pattern == UNBOUNDED ? UNBOUNDED : (pattern + 3) / 4;
                sizes.put(expr.id(), size(arguments.get(0)));
                yield times(text, patternCost);
            }
            case "contains" -> times(tenth(size(arguments.get(0))), tenth(size(arguments.get(1))));
            case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_" ->
                tenth(Math.min(size(arguments.get(0)), size(arguments.get(1))));
            case "_+_" -> {
                CelKind kind = typeOf(expr).kind();
                long size = plus(size(arguments.get(0)), size(arguments.get(1)));
                if (kind == CelKind.LIST) {
                    sizes.put(expr.id(), size);
                    yield 1;
                }
                if (kind == CelKind.STRING || kind == CelKind.BYTES) {
                    sizes.put(expr.id(), size);
                    yield tenth(size);
                }
                yield 1;
            }
            case "isSorted", "sum", "min", "max", "indexOf", "lastIndexOf" -> {
                CelExpr first = arguments.getFirst();
                if (!(typeOf(first) instanceof ListType list)) {
                    yield times(tenth(size(first)), tenth(size(arguments.get(1))));
                }
                CelShape shape = shape(first);
                boolean texts = list.hasElemType()
                        && (list.elemType().kind() == CelKind.STRING
                                || list.elemType().kind() == CelKind.BYTES);
                long each = texts
                        ? (shape == null || shape.element() == null
                                ? 1
                                : tenth(shape.element().maxElements()))
                        : 1;
                yield times(size(first), Math.max(1, each));
            }
            case "replace" -> {
                long size = size(arguments.get(0));
                sizes.put(expr.id(), times(Math.max(1, size), Math.max(1, size(arguments.get(2)))));
                yield times(2, tenth(size));
            }
            case "split", "join" -> {
                sizes.put(expr.id(), size(arguments.get(0)));
                yield tenth(size(arguments.get(0)));
            }
            case "sets.contains", "sets.intersects", "sets.equivalent" ->
                times(size(arguments.get(0)), size(arguments.get(1)));
            case "validate" -> tenth(size(arguments.get(1)));
            case "check" -> CelAuthorizer.CHECK_COST;
            default -> {
                if (TRAVERSING.contains(name) && !arguments.isEmpty()) {
                    long size = size(arguments.getFirst());
                    if (!isScalar(typeOf(expr))) {
                        sizes.put(expr.id(), size);
                    }
                    yield Math.max(1, tenth(size));
                }
                yield 1;
            }
        };
    }
}
