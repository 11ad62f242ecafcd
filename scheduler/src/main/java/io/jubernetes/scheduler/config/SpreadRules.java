package io.jubernetes.scheduler.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What must hold for the arguments of `PodTopologySpread`: the constraints of pods that have none of their own.
final class SpreadRules {
    private SpreadRules() {}

    static void check(Fields args) {
        List<Fields> constraints = args.objects("defaultConstraints");
        String type = args.text("defaultingType", "System");
        if (!type.equals("System") && !type.equals("List")) {
            args.problems().unsupported(args.path("defaultingType"), type, "System", "List");
        } else if (type.equals("System") && !constraints.isEmpty()) {
            args.problems().invalid(args.path("defaultingType"), type, "when .defaultConstraints are not empty");
        }
        Set<List<String>> seen = new HashSet<>();
        for (Fields constraint : constraints) {
            String key = constraint.text("topologyKey", "");
            String when = constraint.text("whenUnsatisfiable", "");
            check(constraint, key, when);
            if (!seen.add(List.of(key, when))) {
                args.problems().duplicate(constraint.path(), "{" + key + ", " + when + "}");
            }
        }
    }

    private static void check(Fields constraint, String key, String when) {
        Problems problems = constraint.problems();
        constraint.integer("maxSkew", 0, 1, Integer.MAX_VALUE, "not in valid range (0, inf)");
        if (key.isEmpty()) {
            problems.required(constraint.path("topologyKey"), "can not be empty");
        } else {
            PluginArguments.checkName(constraint, constraint.path("topologyKey"), key);
        }
        if (when.isEmpty()) {
            problems.required(constraint.path("whenUnsatisfiable"), "can not be empty");
        } else if (!when.equals("DoNotSchedule") && !when.equals("ScheduleAnyway")) {
            problems.unsupported(constraint.path("whenUnsatisfiable"), when, "DoNotSchedule", "ScheduleAnyway");
        }
        if (constraint.has("labelSelector")) {
            problems.forbidden(
                    constraint.path("labelSelector"),
                    "constraint must not define a selector, as they deduced for each pod");
        }
        constraint.integer("minDomains", 1, 1, Integer.MAX_VALUE, "must be greater than 0");
        constraint.text("nodeAffinityPolicy", "");
        constraint.text("nodeTaintsPolicy", "");
        constraint.items("matchLabelKeys");
        constraint.rejectOthers();
    }
}
