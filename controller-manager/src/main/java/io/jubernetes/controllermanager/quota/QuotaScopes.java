package io.jubernetes.controllermanager.quota;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.ResourceQuotaSpec;
import io.fabric8.kubernetes.api.model.ScopedResourceSelectorRequirement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which objects a quota with scopes is about. Pure.
final class QuotaScopes {
    private QuotaScopes() {}

    /// All conditions of a quota; none means it is about everything.
    static List<ScopedResourceSelectorRequirement> of(ResourceQuotaSpec spec) {
        var all = new ArrayList<ScopedResourceSelectorRequirement>();
        spec.getScopes().forEach(scope -> all.add(new ScopedResourceSelectorRequirement("Exists", scope, List.of())));
        if (spec.getScopeSelector() != null) {
            all.addAll(spec.getScopeSelector().getMatchExpressions());
        }
        return all;
    }

    static boolean matches(ResourceQuotaSpec spec, Pod pod) {
        return of(spec).stream().allMatch(requirement -> matches(requirement, pod));
    }

    static boolean matches(ResourceQuotaSpec spec, PersistentVolumeClaim claim) {
        return of(spec).stream().allMatch(requirement -> matches(requirement, claim));
    }

    private static boolean matches(ScopedResourceSelectorRequirement requirement, Pod pod) {
        return switch (requirement.getScopeName()) {
            case "Terminating" -> isTerminating(pod);
            case "NotTerminating" -> !isTerminating(pod);
            case "BestEffort" -> PodUsage.isBestEffort(pod);
            case "NotBestEffort" -> !PodUsage.isBestEffort(pod);
            case "PriorityClass" -> matches(requirement, pod.getSpec().getPriorityClassName());
            case "CrossNamespacePodAffinity" -> crossesNamespaces(pod.getSpec().getAffinity());
            default -> false;
        };
    }

    private static boolean matches(ScopedResourceSelectorRequirement requirement, PersistentVolumeClaim claim) {
        if (!requirement.getScopeName().equals("VolumeAttributesClass")) {
            return false;
        }
        // While a claim moves from one class to another it counts for all of them.
        var status = claim.getStatus();
        Stream<@Nullable String> classes = Stream.of(
                claim.getSpec().getVolumeAttributesClassName(),
                status == null ? null : status.getCurrentVolumeAttributesClassName(),
                status == null || status.getModifyVolumeStatus() == null
                        ? null
                        : status.getModifyVolumeStatus().getTargetVolumeAttributesClassName());
        return classes.filter(Objects::nonNull).anyMatch(name -> matches(requirement, name))
                || (claim.getSpec().getVolumeAttributesClassName() == null && matches(requirement, (String) null));
    }

    private static boolean matches(ScopedResourceSelectorRequirement requirement, @Nullable String value) {
        boolean present = value != null && !value.isEmpty();
        return switch (requirement.getOperator()) {
            case "Exists" -> present;
            case "DoesNotExist" -> !present;
            case "In" -> present && requirement.getValues().contains(value);
            case "NotIn" -> !present || !requirement.getValues().contains(value);
            default -> false;
        };
    }

    private static boolean isTerminating(Pod pod) {
        Long deadline = pod.getSpec().getActiveDeadlineSeconds();
        return deadline != null && deadline >= 0;
    }

    private static boolean crossesNamespaces(@Nullable Affinity affinity) {
        if (affinity == null) {
            return false;
        }
        var terms = new ArrayList<PodAffinityTerm>();
        var near = affinity.getPodAffinity();
        if (near != null) {
            terms.addAll(near.getRequiredDuringSchedulingIgnoredDuringExecution());
            near.getPreferredDuringSchedulingIgnoredDuringExecution()
                    .forEach(weighted -> terms.add(weighted.getPodAffinityTerm()));
        }
        var far = affinity.getPodAntiAffinity();
        if (far != null) {
            terms.addAll(far.getRequiredDuringSchedulingIgnoredDuringExecution());
            far.getPreferredDuringSchedulingIgnoredDuringExecution()
                    .forEach(weighted -> terms.add(weighted.getPodAffinityTerm()));
        }
        return terms.stream().anyMatch(term -> !term.getNamespaces().isEmpty() || term.getNamespaceSelector() != null);
    }
}
