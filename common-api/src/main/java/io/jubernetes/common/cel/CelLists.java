package io.jubernetes.common.cel;

import static io.jubernetes.common.cel.CelFunctions.as;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Functions on lists: order, sums and sets.
final class CelLists {
    private CelLists() {}

    static void register(Map<String, CelFunctions.Function> table) {
        table.put("isSorted", (args, budget) -> {
            List<?> list = listed(args, budget);
            for (int i = 1; i < list.size(); i++) {
                if (CelValues.compare(list.get(i - 1), list.get(i)) > 0) {
                    return false;
                }
            }
            return true;
        });
        table.put("sum", (args, budget) -> {
            List<?> list = listed(args, budget);
            if (list.isEmpty()) {
                return 0L;
            }
            Object total = list.getFirst() instanceof Duration ? Duration.ZERO : null;
            for (Object item : list) {
                total = total == null ? item : CelNumbers.add(new Object[] {total, item}, budget);
            }
            return java.util.Objects.requireNonNull(total);
        });
        table.put("min", (args, budget) -> extreme(listed(args, budget), "min", -1));
        table.put("max", (args, budget) -> extreme(listed(args, budget), "max", 1));
        table.put("indexOf", (args, budget) -> {
            if (args[0] instanceof String text) {
                budget.spend(CelBudget.traversal(text.length()));
                return CelStrings.indexOf(args);
            }
            List<?> list = listed(args, budget);
            for (int i = 0; i < list.size(); i++) {
                if (CelValues.equal(list.get(i), args[1])) {
                    return (long) i;
                }
            }
            return -1L;
        });
        table.put("lastIndexOf", (args, budget) -> {
            if (args[0] instanceof String text) {
                budget.spend(CelBudget.traversal(text.length()));
                return CelStrings.lastIndexOf(args);
            }
            List<?> list = listed(args, budget);
            for (int i = list.size() - 1; i >= 0; i--) {
                if (CelValues.equal(list.get(i), args[1])) {
                    return (long) i;
                }
            }
            return -1L;
        });
        table.put("sets.contains", (args, budget) -> containsAll(pair(args, budget), args));
        table.put(
                "sets.equivalent",
                (args, budget) -> containsAll(pair(args, budget), args)
                        && containsAll(pair(args, budget), new Object[] {args[1], args[0]}));
        table.put("sets.intersects", (args, budget) -> {
            pair(args, budget);
            List<?> right = as(args, 1, List.class);
            for (Object item : as(args, 0, List.class)) {
                if (right.stream().anyMatch(other -> CelValues.equal(item, other))) {
                    return true;
                }
            }
            return false;
        });
    }

    private static List<?> listed(Object[] args, CelBudget budget) {
        List<?> list = as(args, 0, List.class);
        budget.spend(1 + list.size());
        return list;
    }

    private static Object extreme(List<?> list, String name, int sign) {
        if (list.isEmpty()) {
            throw new CelFailure(name + " called on empty list");
        }
        Object best = list.getFirst();
        for (Object item : list) {
            if (CelValues.compare(item, best) * sign > 0) {
                best = item;
            }
        }
        return best;
    }

    private static boolean pair(Object[] args, CelBudget budget) {
        long left = as(args, 0, List.class).size();
        long right = as(args, 1, List.class).size();
        budget.spend(1 + left * right);
        return true;
    }

    private static boolean containsAll(boolean counted, Object[] args) {
        List<?> list = as(args, 0, List.class);
        for (Object item : as(args, 1, List.class)) {
            if (list.stream().noneMatch(other -> CelValues.equal(item, other))) {
                return false;
            }
        }
        return counted;
    }
}
