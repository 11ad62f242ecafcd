package io.jubernetes.common.cel;

import com.google.protobuf.ByteString;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// All functions expressions can call, by name. A function looks at the types of its arguments itself;
/// the receiver of a method is the first.
final class CelFunctions {
    private static final int MAX_PATTERNS = 1_000;
    private static final Map<String, Function> TABLE = new HashMap<>();
    private static final Map<String, Pattern> PATTERNS = new ConcurrentHashMap<>();

    /// One function.
    @FunctionalInterface
    interface Function {
        Object apply(Object[] args, CelBudget budget);
    }

    static {
        operators();
        containers();
        optionals();
        CelConversions.register(TABLE);
        CelStrings.register(TABLE);
        CelTimes.register(TABLE);
        CelLists.register(TABLE);
        CelNetwork.register(TABLE);
        CelAmounts.register(TABLE);
        CelFormats.register(TABLE);
        CelAuthorizer.register(TABLE);
        TABLE.put(
                "jsonpatch.escapeKey",
                traversing(args -> text(args, 0).replace("~", "~0").replace("/", "~1")));
    }

    private CelFunctions() {}

    static @Nullable Function find(String name) {
        return TABLE.get(name);
    }

    /// A function whose cost does not depend on its arguments.
    static Function plain(java.util.function.Function<Object[], Object> body) {
        return (args, budget) -> {
            budget.spend(1);
            return body.apply(args);
        };
    }

    /// A function that looks at every character of its first argument.
    static Function traversing(java.util.function.Function<Object[], Object> body) {
        return (args, budget) -> {
            budget.spend(CelBudget.traversal(CelValues.sizeOf(args[0])));
            return body.apply(args);
        };
    }

    /// An argument of a type.
    ///
    /// @throws CelFailure when it has another
    static <T> T as(Object[] args, int index, Class<T> type) {
        if (index < args.length && type.isInstance(args[index])) {
            return type.cast(args[index]);
        }
        throw CelFailure.noOverload();
    }

    static String text(Object[] args, int index) {
        return as(args, index, String.class);
    }

    static int index(Object[] args, int index) {
        long value = as(args, index, Long.class);
        return Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /// A regular expression. Few are kept: they come from definitions and not from data.
    static Pattern pattern(String text) {
        Pattern known = PATTERNS.get(text);
        if (known != null) {
            return known;
        }
        try {
            Pattern compiled = Pattern.compile(text);
            if (PATTERNS.size() >= MAX_PATTERNS) {
                PATTERNS.clear();
            }
            PATTERNS.put(text, compiled);
            return compiled;
        } catch (PatternSyntaxException e) {
            throw new CelFailure(e.getDescription());
        }
    }

    /// What matching a regular expression costs.
    static long matchCost(String text, String pattern) {
        return CelBudget.traversal(text.length() + 1L) * ((pattern.length() + 3) / 4);
    }

    private static void operators() {
        TABLE.put("_==_", (args, budget) -> {
            budget.spend(comparison(args));
            return CelValues.equal(args[0], args[1]);
        });
        TABLE.put("_!=_", (args, budget) -> {
            budget.spend(comparison(args));
            return !CelValues.equal(args[0], args[1]);
        });
        order("_<_", order -> order < 0);
        order("_<=_", order -> order <= 0);
        order("_>_", order -> order > 0);
        order("_>=_", order -> order >= 0);
        TABLE.put("!_", plain(args -> !as(args, 0, Boolean.class)));
        TABLE.put("_+_", CelNumbers::add);
        TABLE.put("_-_", plain(CelNumbers::subtract));
        TABLE.put("_*_", plain(CelNumbers::multiply));
        TABLE.put("_/_", plain(CelNumbers::divide));
        TABLE.put("_%_", plain(CelNumbers::modulo));
        TABLE.put("-_", plain(CelNumbers::negate));
    }

    private static long comparison(Object[] args) {
        long smaller = Math.min(CelValues.sizeOf(args[0]), CelValues.sizeOf(args[1]));
        return Math.max(1, CelBudget.traversal(smaller));
    }

    private static void order(String name, java.util.function.IntPredicate holds) {
        TABLE.put(name, (args, budget) -> {
            budget.spend(comparison(args));
            boolean nan =
                    args[0] instanceof Double left && left.isNaN() || args[1] instanceof Double right && right.isNaN();
            return !nan && holds.test(CelValues.compare(args[0], args[1]));
        });
    }

    private static void containers() {
        for (String name : List.of("@in", "_in_", "in")) {
            TABLE.put(name, CelFunctions::in);
        }
        TABLE.put("_[_]", plain(CelFunctions::item));
        TABLE.put("size", plain(args -> switch (args[0]) {
            case String _, ByteString _, List<?> _, Map<?, ?> _ -> CelValues.sizeOf(args[0]);
            default -> throw CelFailure.noOverload();
        }));
        TABLE.put("cel.@mapInsert", plain(CelFunctions::insert));
    }

    private static Object in(Object[] args, CelBudget budget) {
        return switch (args[1]) {
            case Map<?, ?> map -> {
                budget.spend(1);
                // Only numbers are equal to keys of another type.
                yield map.containsKey(args[0]) || CelValues.isNumber(args[0]) && CelValues.lookup(map, args[0]) != null;
            }
            case List<?> list -> {
                budget.spend(list.size());
                for (Object item : list) {
                    if (CelValues.equal(args[0], item)) {
                        yield true;
                    }
                }
                yield false;
            }
            default -> throw CelFailure.noOverload();
        };
    }

    private static Object item(Object[] args) {
        return switch (args[0]) {
            case Map<?, ?> map -> {
                Object found = CelValues.lookup(map, args[1]);
                if (found == null) {
                    throw new CelFailure("no such key: " + args[1]);
                }
                yield found;
            }
            case List<?> list -> {
                long index = switch (args[1]) {
                    case Long number -> number;
                    case CelUint number -> number.bits();
                    case Double number when number == Math.rint(number) -> number.longValue();
                    default -> throw CelFailure.noOverload();
                };
                if (index < 0 || index >= list.size()) {
                    throw new CelFailure("index out of bounds: " + index);
                }
                yield list.get((int) index);
            }
            case Optional<?> optional ->
                optional.isPresent() ? CelPlanner.getOptional(optional.get(), args[1]) : Optional.empty();
            default -> throw CelFailure.noOverload();
        };
    }

    private static Object insert(Object[] args) {
        Map<?, ?> map = as(args, 0, Map.class);
        Map<Object, Object> result = new LinkedHashMap<>();
        map.forEach(result::put);
        if (args.length == 3) {
            insert(result, args[1], args[2]);
        } else {
            Map<?, ?> more = as(args, 1, Map.class);
            more.forEach((key, value) -> insert(result, key, value));
        }
        return result;
    }

    private static void insert(Map<Object, Object> map, Object key, Object value) {
        if (map.put(key, value) != null) {
            throw new CelFailure("insert failed: key '" + key + "' already exists");
        }
    }

    private static void optionals() {
        TABLE.put("optional.of", plain(args -> Optional.of(args[0])));
        TABLE.put("optional.none", plain(_ -> Optional.empty()));
        TABLE.put("optional.ofNonZeroValue", plain(args -> isZero(args[0]) ? Optional.empty() : Optional.of(args[0])));
        TABLE.put("hasValue", plain(args -> as(args, 0, Optional.class).isPresent()));
        TABLE.put("value", plain(args -> {
            Optional<?> optional = as(args, 0, Optional.class);
            if (optional.isEmpty()) {
                throw new CelFailure("optional.none() dereference");
            }
            return optional.get();
        }));
        TABLE.put("or", plain(args -> as(args, 0, Optional.class).isPresent() ? args[0] : args[1]));
        TABLE.put("orValue", plain(args -> {
            Optional<?> optional = as(args, 0, Optional.class);
            return optional.isPresent() ? optional.get() : args[1];
        }));
        TABLE.put("optional.unwrap", plain(args -> {
            List<Object> values = new ArrayList<>();
            for (Object item : as(args, 0, List.class)) {
                if (item instanceof Optional<?> optional) {
                    optional.ifPresent(values::add);
                }
            }
            return values;
        }));
        TABLE.put("unwrapOpt", java.util.Objects.requireNonNull(TABLE.get("optional.unwrap")));
    }

    private static boolean isZero(Object value) {
        return switch (value) {
            case CelNull _ -> true;
            case Boolean truth -> !truth;
            case Long number -> number == 0;
            case Double number -> number == 0;
            case CelUint number -> number.bits() == 0;
            case String text -> text.isEmpty();
            case ByteString bytes -> bytes.isEmpty();
            case List<?> list -> list.isEmpty();
            case Map<?, ?> map -> map.isEmpty();
            default -> false;
        };
    }
}
