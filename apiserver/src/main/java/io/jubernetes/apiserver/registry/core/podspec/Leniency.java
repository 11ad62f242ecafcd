package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.NameRules;
import java.util.List;

/// Rules that came after objects had been stored which break them: such an object may keep what it has.
///
/// @param selectorValues values in affinity's label selectors that no label can have
/// @param nodeAffinityValues the same in required node affinity
/// @param spreadSelectors malformed selectors of topology spread constraints
/// @param hugePages amounts of huge pages that are not multiples of their size
/// @param tokenPaths paths of projected tokens that lead out of the volume
/// @param hostSysctls settings of a namespace that the pod shares with the host
record Leniency(
        boolean selectorValues,
        boolean nodeAffinityValues,
        boolean spreadSelectors,
        boolean hugePages,
        boolean tokenPaths,
        boolean hostSysctls) {
    static final Leniency NONE = new Leniency(false, false, false, false, false, false);

    /// What an object may keep that was stored with this specification.
    static Leniency of(JsonNode old) {
        return new Leniency(
                hasBadAffinitySelector(old),
                hasBadNodeAffinity(old),
                hasBadSpreadSelector(old),
                hasOddHugePages(old),
                hasOutsideToken(old),
                SysctlRules.usesHostNamespace(old));
    }

    private static boolean hasBadAffinitySelector(JsonNode spec) {
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            JsonNode affinity = spec.path("affinity").path(kind);
            for (JsonNode term : affinity.path("requiredDuringSchedulingIgnoredDuringExecution")) {
                if (hasBadValue(term)) {
                    return true;
                }
            }
            for (JsonNode term : affinity.path("preferredDuringSchedulingIgnoredDuringExecution")) {
                if (hasBadValue(term.path("podAffinityTerm"))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean hasBadValue(JsonNode term) {
        return hasBadExpression(term.path("labelSelector").path("matchExpressions"))
                || hasBadExpression(term.path("namespaceSelector").path("matchExpressions"));
    }

    private static boolean hasBadExpression(JsonNode expressions) {
        for (JsonNode expression : expressions) {
            for (JsonNode value : expression.path("values")) {
                if (!NameRules.labelValue(value.asText()).isEmpty()) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean hasBadNodeAffinity(JsonNode spec) {
        for (JsonNode term : spec.path("affinity")
                .path("nodeAffinity")
                .path("requiredDuringSchedulingIgnoredDuringExecution")
                .path("nodeSelectorTerms")) {
            if (hasBadExpression(term.path("matchExpressions"))) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasBadSpreadSelector(JsonNode spec) {
        for (JsonNode constraint : spec.path("topologySpreadConstraints")) {
            if (!LabelSelectorRules.check(Field.root(constraint).get("labelSelector"))) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasOddHugePages(JsonNode spec) {
        Field root = Field.root(spec);
        for (String list : SpecScope.CONTAINER_LISTS) {
            for (Field container : root.get(list).items()) {
                for (String part : List.of("limits", "requests")) {
                    container.get("resources").get(part).entries().forEach((name, amount) -> {
                        if (QuantityRules.isHugePages(name)) {
                            QuantityRules.checkHugePages(name, amount);
                        }
                    });
                }
            }
        }
        return !root.causes().isEmpty();
    }

    private static boolean hasOutsideToken(JsonNode spec) {
        for (JsonNode volume : spec.path("volumes")) {
            for (JsonNode source : volume.path("projected").path("sources")) {
                Field path = Field.root(source).get("serviceAccountToken").get("path");
                PathRules.checkNotReserved(path);
                if (!path.causes().isEmpty()) {
                    return true;
                }
            }
        }
        return false;
    }
}
