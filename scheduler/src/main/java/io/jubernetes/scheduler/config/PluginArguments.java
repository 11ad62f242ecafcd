package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// What must hold for the arguments of the plugins that come with the scheduler, and which fields there are. Plugins of
/// other jars check their own when they are made.
final class PluginArguments {
    private static final Pattern QUALIFIED_NAME =
            Pattern.compile("([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");
    private static final String NOT_QUALIFIED =
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
                    + " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
                    + " validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private PluginArguments() {}

    /// Notes what is wrong with a plugin's arguments.
    static void check(String plugin, Fields args) {
        Consumer<Fields> rules = switch (plugin) {
            case "DefaultPreemption" -> PluginArguments::preemption;
            case "InterPodAffinity" -> PluginArguments::affinity;
            case "NodeAffinity" -> NodeAffinityRules::check;
            case "NodeResourcesBalancedAllocation" -> PluginArguments::balance;
            case "NodeResourcesFit" -> PluginArguments::fit;
            case "PodTopologySpread" -> SpreadRules::check;
            case "VolumeBinding" -> PluginArguments::volumes;
            case "DynamicResources" -> PluginArguments::devices;
            default -> null;
        };
        if (rules == null) {
            return;
        }
        args.raw("apiVersion");
        String kind = args.text("kind", plugin + "Args");
        if (!kind.equals(plugin + "Args")) {
            args.problems().invalid(args.path(), kind, "has to match plugin args");
            return;
        }
        rules.accept(args);
        args.rejectOthers();
    }

    static boolean isQualifiedName(String name) {
        return QUALIFIED_NAME.matcher(name).matches();
    }

    /// Notes when a name is not one of a label or resource.
    static void checkName(Fields of, String path, String name) {
        if (!isQualifiedName(name)) {
            of.problems().invalid(path, name, NOT_QUALIFIED);
        }
    }

    private static void preemption(Fields args) {
        long percentage = args.integer("minCandidateNodesPercentage", 10, 0, 100, "not in valid range [0, 100]");
        long absolute =
                args.integer("minCandidateNodesAbsolute", 100, 0, Integer.MAX_VALUE, "not in valid range [0, inf)");
        if (percentage == 0 && absolute == 0) {
            String why = "cannot be zero at the same time as ";
            args.problems()
                    .invalid(
                            args.path("minCandidateNodesPercentage"),
                            LongNode.valueOf(0),
                            why + "minCandidateNodesAbsolute");
            args.problems()
                    .invalid(
                            args.path("minCandidateNodesAbsolute"),
                            LongNode.valueOf(0),
                            why + "minCandidateNodesPercentage");
        }
    }

    private static void affinity(Fields args) {
        args.integer("hardPodAffinityWeight", 1, 0, 100, "not in valid range [0, 100]");
        args.flag("ignorePreferredTermsOfExistingPods", false);
    }

    private static void balance(Fields args) {
        Set<String> seen = new HashSet<>();
        for (Fields resource : args.objects("resources")) {
            String name = name(resource);
            if (!seen.add(name)) {
                args.problems().duplicate(resource.path("name"), name);
            }
            resource.integer("weight", 1, 1, 1, "must be 1");
            resource.rejectOthers();
        }
    }

    private static String name(Fields resource) {
        String name = resource.text("name", "");
        if (name.isEmpty()) {
            resource.problems().required(resource.path("name"), "");
        }
        return name;
    }

    private static void fit(Fields args) {
        int number = 0;
        for (JsonNode name : args.items("ignoredResources")) {
            checkName(args, args.path("ignoredResources") + "[" + number++ + "]", name.asText());
        }
        number = 0;
        for (JsonNode group : args.items("ignoredResourceGroups")) {
            String path = args.path("ignoredResourceGroups") + "[" + number++ + "]";
            if (group.asText().contains("/")) {
                args.problems().invalid(path, group, "resource group name can't contain '/'");
            }
            checkName(args, path, group.asText());
        }
        if (args.has("scoringStrategy")) {
            strategy(args.object("scoringStrategy"));
        }
    }

    private static void strategy(Fields strategy) {
        String type = strategy.text("type", "LeastAllocated");
        List<String> types = List.of("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio");
        if (!types.contains(type)) {
            strategy.problems().unsupported(strategy.path("type"), type, types.toArray(String[]::new));
        }
        for (Fields resource : strategy.objects("resources")) {
            resource.integer(
                    "weight", 1, 1, 100, "resource weight of " + name(resource) + " not in valid range (0, 100]");
            resource.rejectOthers();
        }
        String ratio = "requestedToCapacityRatio";
        if (type.equals("RequestedToCapacityRatio")) {
            if (strategy.has(ratio)) {
                Fields of = strategy.object(ratio);
                shape(of);
                of.rejectOthers();
            } else {
                strategy.problems()
                        .required(strategy.path(ratio), "must be specified when type is RequestedToCapacityRatio");
            }
        } else if (strategy.has(ratio)) {
            strategy.problems()
                    .forbidden(strategy.path(ratio), "must be nil when type is not RequestedToCapacityRatio");
        }
        strategy.rejectOthers();
    }

    private static void shape(Fields ratio) {
        List<Fields> points = ratio.objects("shape");
        if (points.isEmpty()) {
            ratio.problems().required(ratio.path("shape"), "at least one point must be specified");
        }
        long last = -1;
        for (Fields point : points) {
            long utilization = point.integer("utilization", 0, 0, 100, "not in valid range [0, 100]");
            if (utilization <= last) {
                point.problems()
                        .invalid(
                                point.path("utilization"),
                                LongNode.valueOf(utilization),
                                "values must be sorted in increasing order");
            }
            last = utilization;
            point.integer("score", 0, 0, 10, "not in valid range [0, 10]");
            point.rejectOthers();
        }
    }

    private static void volumes(Fields args) {
        args.integer(
                "bindTimeoutSeconds",
                600,
                0,
                Long.MAX_VALUE,
                "invalid BindTimeoutSeconds, should not be a negative value");
        if (args.has("shape")) {
            args.problems()
                    .invalid(
                            args.path("shape"),
                            args.raw("shape"),
                            "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring");
        }
    }

    private static void devices(Fields args) {
        if (args.duration("filterTimeout", Duration.ZERO).isNegative()) {
            args.problems().invalid(args.path("filterTimeout"), args.raw("filterTimeout"), "must be zero or positive");
        }
        Duration least = Duration.ofSeconds(1);
        if (args.duration("bindingTimeout", least).compareTo(least) < 0) {
            args.problems()
                    .invalid(args.path("bindingTimeout"), args.raw("bindingTimeout"), "must be at least 1 second");
        }
    }
}
